/** What a device is called, by what its browser says of itself. */

/** The first that fits: many browsers say that they are others, too. @type {[RegExp, string][]} */
const BROWSERS = [
  [/\bEdg(?:e|A|iOS)?\//, "Edge"],
  [/\b(?:OPR|OPiOS|Opera)\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bVivaldi\//, "Vivaldi"],
  [/\b(?:Firefox|FxiOS)\//, "Firefox"],
  [/(?:\b|Headless)(?:Chrome|CriOS|Chromium)\//, "Chrome"],
  [/\bVersion\/.*\bSafari\//, "Safari"],
];

/** The first that fits: phones say that they are computers, too. @type {[RegExp, string][]} */
const SYSTEMS = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMac(?:intosh| OS X)\b/, "Mac"],
  [/\bLinux\b|\bX11\b/, "Linux"],
];

const LONGEST = 60;

/**
 * A name such as “Firefox on Linux”. A program that is no browser goes by the name it gives itself.
 *
 * @param {string | null} userAgent
 */
export function deviceName(userAgent) {
  const text = (userAgent ?? "").trim();
  if (text === "") return "Unknown device";
  const browser = first(BROWSERS, text);
  const system = first(SYSTEMS, text);
  if (browser && system) return `${browser} on ${system}`;
  return browser ?? system ?? short(text.replace(/\/[\d.]+(?=\s|$)/g, ""));
}

/**
 * Whether the device is held in a hand.
 *
 * @param {string | null} userAgent
 */
export function isHandheld(userAgent) {
  return /\b(?:iPhone|iPad|Android|Mobile)\b/.test(userAgent ?? "");
}

/**
 * @param {[RegExp, string][]} names
 * @param {string} text
 */
function first(names, text) {
  return names.find(([pattern]) => pattern.test(text))?.[1];
}

/** @param {string} text */
function short(text) {
  const signs = [...text];
  return signs.length > LONGEST ? `${signs.slice(0, LONGEST).join("")}…` : text;
}
