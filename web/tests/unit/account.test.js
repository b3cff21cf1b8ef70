// What the account's page says, and what it sends.

import assert from "node:assert/strict";
import { test } from "node:test";
import { wordsFor } from "../../app/account/happening.js";
import { changesOf } from "../../app/account/profile.js";
import { deviceName, isHandheld } from "../../app/account/user-agent.js";
import { matchPath, ownPath } from "../../app/paths.js";
import { waitingText } from "../../app/wait.js";
import { exactly } from "../../app/when.js";

/** @import { Happening } from '../../app/account/happening.js' */

const WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)";
const CHROME = `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/141.0.0.0 Safari/537.36`;
const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0";
const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
const IPAD = IPHONE.replace(/\(iPhone; CPU iPhone/, "(iPad; CPU");

/** @type {[string | null, string, boolean][]} */
const DEVICES = [
  [CHROME, "Chrome on Windows", false],
  [`${CHROME} Edg/141.0.0.0`, "Edge on Windows", false],
  [`${CHROME} OPR/122.0.0.0`, "Opera on Windows", false],
  [`${CHROME} Vivaldi/7.6.3797.52`, "Vivaldi on Windows", false],
  [
    `Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT} HeadlessChrome/141.0.0.0 Safari/537.36`,
    "Chrome on Linux",
    false,
  ],
  [
    `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${WEBKIT} Chrome/141.0.0.0 Safari/537.36`,
    "Chrome on ChromeOS",
    false,
  ],
  [
    `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/141.0.0.0 Mobile Safari/537.36`,
    "Chrome on Android",
    true,
  ],
  [
    `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`,
    "Samsung Internet on Android",
    true,
  ],
  [FIREFOX, "Firefox on Linux", false],
  [
    "Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0",
    "Firefox on Android",
    true,
  ],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    "Safari on Mac",
    false,
  ],
  [`${IPHONE} Version/18.5 Mobile/15E148 Safari/604.1`, "Safari on iPhone", true],
  [`${IPHONE} CriOS/141.0.0.0 Mobile/15E148 Safari/604.1`, "Chrome on iPhone", true],
  [`${IPHONE} EdgiOS/141.0.0.0 Version/18.0 Mobile/15E148 Safari/604.1`, "Edge on iPhone", true],
  [`${IPAD} FxiOS/144.0 Mobile/15E148 Safari/605.1.15`, "Firefox on iPad", true],
  ["curl/8.14.1", "curl", false],
  ["PostmanRuntime/7.43.0", "PostmanRuntime", false],
  ["A kitchen clock/2.1 of ours", "A kitchen clock of ours", false],
  ["<b>Firefox</b>", "<b>Firefox</b>", false],
  [`ж${"x".repeat(80)}`, `ж${"x".repeat(59)}…`, false],
  ["🗝".repeat(61), `${"🗝".repeat(60)}…`, false],
  ["  ", "Unknown device", false],
  [null, "Unknown device", false],
];

test("devices go by the names that people give them", () => {
  for (const [userAgent, name, handheld] of DEVICES) {
    assert.equal(deviceName(userAgent), name, `${userAgent}`);
    assert.equal(isHandheld(userAgent), handheld, `${userAgent}`);
  }
});

/**
 * @param {string} kind
 * @param {Partial<Happening>} [parts]
 * @returns {Happening}
 */
function happening(kind, parts = {}) {
  const where = { session_id: null, ip: "192.0.2.7", user_agent: FIREFOX };
  return { id: "e", kind, at: "2026-11-21T12:00:00Z", details: null, ...where, ...parts };
}

test("what happened is told in words, and what may be somebody else's doing is marked", () => {
  const bad = ["login_failed", "refresh_reuse", "password_refused", "throttled", "user_disabled"];
  const good = ["registered", "login", "logout", "session_revoked", "refresh_ahead"];
  const changes = ["password_changed", "profile_changed", "user_enabled"];
  const texts = new Set();
  for (const kind of [...bad, ...good, ...changes]) {
    const { text, isBad } = wordsFor(happening(kind));
    assert.doesNotMatch(text, /_|token|session/, kind);
    assert.equal(isBad, bad.includes(kind), kind);
    texts.add(text);
  }
  assert.equal(texts.size, bad.length + good.length + changes.length);
});

test("what is not known yet is told by its name", () => {
  const { text, isBad, more } = wordsFor(happening("passkey_added"));
  assert.deepEqual({ text, isBad, more }, { text: "Passkey added", isBad: false, more: undefined });
});

test("a change of the profile names what was changed", () => {
  const told = (/** @type {string[]} */ ...fields) =>
    wordsFor(happening("profile_changed", { details: { fields } })).text;
  assert.equal(told("username"), "The username was changed");
  assert.equal(told("full_name"), "The full name was changed");
  assert.equal(told("username", "full_name"), "The username and the full name were changed");
  assert.equal(told("time_zone"), "The time zone was changed");
});

test("where too many tries came from is told, as far as it is known", () => {
  const told = (/** @type {string} */ limit) =>
    wordsFor(happening("throttled", { details: { limit } })).more;
  assert.equal(told("account"), "The tries were for this account.");
  assert.equal(told("address"), "The tries came from one address.");
  assert.equal(told("device"), "The tries came from one device.");
  assert.equal(told("session"), "The tries came from a device that is signed in.");
  assert.equal(told("planet"), undefined);
});

test("of a sign-in that was used in two places both are told: either may be the thief's", () => {
  const told = (/** @type {Partial<Happening>} */ parts) =>
    wordsFor(happening("refresh_reuse", parts)).more;
  const at = "2026-11-20T08:30:00Z";
  const other = { at, ip: "203.0.113.9", user_agent: CHROME };
  assert.equal(
    told({ details: { last_rotation: other } }),
    "It was used by Firefox on Linux (192.0.2.7) and by Chrome on Windows " +
      `(203.0.113.9, ${exactly(at)}). If you do not know both, change your password.`,
  );
  assert.equal(
    told({ ip: null, user_agent: null, details: { last_rotation: { ...other, at: null } } }),
    "It was used by Unknown device (unknown address) and by Chrome on Windows " +
      "(203.0.113.9, since it signed in). If you do not know both, change your password.",
  );
  for (const details of [null, {}]) {
    assert.equal(told({ details }), "If you do not know why, change your password.");
  }
});

test("an exact time has its day and its minute", () => {
  assert.match(exactly("2026-11-21T12:34:00Z"), /^Nov 2[12], 2026, \d+:\d\d\s[AP]M$/);
});

test("how long to wait is said in the unit that fits", () => {
  const cases = /** @type {const} */ ([
    [-1, "You can try again now."],
    [0, "You can try again now."],
    [1, "You can try again in 1 second."],
    [99, "You can try again in 99 seconds."],
    [100, "You can try again in 2 minutes."],
    [600, "You can try again in 10 minutes."],
    [5_400, "You can try again in 2 hours."],
  ]);
  for (const [seconds, text] of cases) assert.equal(waitingText(seconds), text);
});

test("only what was changed in the profile is sent", () => {
  const known = {
    id: "u",
    username: "ada",
    email: "ada@example.org",
    full_name: "Ada Lovelace",
    created_at: "2026-11-21T12:00:00Z",
  };
  assert.deepEqual(changesOf(known, "ada", "Ada Lovelace"), {});
  assert.deepEqual(changesOf(known, " Ada ", " Ada Lovelace "), {});
  assert.deepEqual(changesOf(known, "Countess", "Ada Lovelace"), { username: "Countess" });
  assert.deepEqual(changesOf(known, "ada", "Augusta Ada"), { full_name: "Augusta Ada" });
  assert.deepEqual(changesOf(known, "ada", "  "), { full_name: null });
  assert.deepEqual(changesOf(known, "", ""), { username: "", full_name: null });
  assert.deepEqual(changesOf({ ...known, full_name: null }, "ada", " "), {});
});

test("no address leads away from the site", () => {
  const origin = "https://latchkey.example";
  const cases = /** @type {[unknown, string | null][]} */ ([
    ["/account", "/account"],
    ["/n/7?x=1#y", "/n/7"],
    [`${origin}/account`, "/account"],
    ["account", "/account"],
    ["/%2F/evil.example", "/%2F/evil.example"],
    ["/\t/evil.example", null],
    ["https://evil.example/account", null],
    ["//evil.example/account", null],
    ["\\\\evil.example", null],
    ["/\\evil.example", null],
    ["/.//evil.example", null],
    ["/x/..//evil.example", null],
    [`${origin}//evil.example`, null],
    [`${origin}@evil.example/`, null],
    [`${origin}.evil.example/`, null],
    ["http://latchkey.example/account", null],
    ["https://latchkey.example:8443/account", null],
    ["javascript:alert(1)", null],
    ["data:text/html,x", null],
    ["https://", null],
    [{ toString: () => "/account" }, null],
    [undefined, null],
    [null, null],
  ]);
  for (const [address, path] of cases) assert.equal(ownPath(address, origin), path, `${address}`);
});

test("a path fits a pattern segment by segment", () => {
  assert.deepEqual(matchPath("/account", "/account"), {});
  assert.deepEqual(matchPath("/n/:id", "/n/7"), { id: "7" });
  for (const path of ["/n", "/n/", "/n/7/8", "/m/7", "/"]) {
    assert.equal(matchPath("/n/:id", path), null, path);
  }
});
