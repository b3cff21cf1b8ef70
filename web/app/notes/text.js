/** What a note consists of: how long it may be, how it is sent, and whether two are the same. */

/** @typedef {{title: string, body: string}} Content */

/** The longest title and the longest body that the notes API takes, in code points. */
export const LIMITS = Object.freeze({ title: 200, body: 100_000 });

/**
 * How long a text is for the API, which counts code points: an emoji is one, not two.
 *
 * @param {string} text
 */
export function lengthOf(text) {
  let length = text.length;
  for (let at = 0; at < text.length - 1; at += 1) {
    if (isPair(text.charCodeAt(at), text.charCodeAt(at + 1))) length -= 1;
  }
  return length;
}

/**
 * The content as it is sent: what the API would refuse and nobody sees is left out, and a note
 * without a title is called by its first line. What was typed stays as it is.
 *
 * @param {Content} content
 * @returns {Content}
 */
export function asSent({ title, body }) {
  const sentBody = wellFormed(body).replaceAll("\0", "");
  const line = oneLine(title);
  return { title: isVisible(line) ? line : nameFor(sentBody), body: sentBody };
}

/**
 * Which of the two are too long to be sent.
 *
 * @param {Content} content
 * @returns {(keyof Content)[]}
 */
export function tooLong(content) {
  return /** @type {const} */ (["title", "body"]).filter(
    (field) => lengthOf(content[field]) > LIMITS[field],
  );
}

/**
 * Whether there is nothing to be seen in it, so that nothing is lost with it.
 *
 * @param {Content} content
 */
export function isEmpty({ title, body }) {
  return !isVisible(title) && !isVisible(body);
}

/**
 * What a note without a title is called.
 *
 * @param {string} body
 */
export function nameFor(body) {
  const line = firstLine(body);
  return line === "" ? "Untitled" : [...line].slice(0, LIMITS.title).join("").trimEnd();
}

/**
 * The first line with something to be seen on it, or nothing.
 *
 * @param {string} body
 */
export function firstLine(body) {
  const line = body.split(/[\n\r]/, 500).find(isVisible) ?? "";
  return oneLine(line).trim();
}

/**
 * A short name of a content, the same for the same: 53 bits and both lengths. Two different texts of
 * one note have the same name once in 10^15; the text itself would fill the storage. All ends of
 * lines count as one, because a browser's text field makes them so.
 *
 * @param {Content} content
 */
export function fingerprint({ title, body }) {
  const shown = body.replace(/\r\n?/g, "\n");
  let high = 0x9e3779b9;
  let low = 0x85ebca6b;
  /** @param {number} unit */
  const mix = (unit) => {
    high = Math.imul(high ^ unit, 0x27d4eb2f);
    low = Math.imul(low ^ unit ^ (high >>> 15), 0x165667b1);
    high ^= low >>> 13;
  };
  for (let at = 0; at < title.length; at += 1) mix(title.charCodeAt(at));
  mix(0x10000);
  for (let at = 0; at < shown.length; at += 1) mix(shown.charCodeAt(at));
  for (let round = 0; round < 4; round += 1) mix(round);
  const bits = (high & 0x1fffff) * 2 ** 32 + (low >>> 0);
  return `${title.length}.${shown.length}.${bits.toString(36)}`;
}

/** @param {string} text */
function isVisible(text) {
  return /[^\p{White_Space}\p{Cc}]/u.test(text);
}

/** @param {string} text */
function oneLine(text) {
  return wellFormed(text).replace(/\p{Cc}/gu, " ");
}

/**
 * Half a surrogate pair is no character, and JSON with one is refused.
 *
 * @param {string} text
 */
function wellFormed(text) {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}

/**
 * @param {number} first
 * @param {number} second
 */
function isPair(first, second) {
  return first >>> 10 === 0x36 && second >>> 10 === 0x37;
}
