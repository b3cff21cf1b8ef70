/** What happened to an account, in words. */

import { exactly } from "../when.js";
import { deviceName } from "./user-agent.js";

/**
 * As `GET /auth/events` tells of it.
 *
 * @typedef {object} Happening
 * @property {string} id
 * @property {string} kind
 * @property {string} at RFC 3339
 * @property {string | null} session_id
 * @property {string | null} ip
 * @property {string | null} user_agent
 * @property {Details | null} details
 */

/**
 * @typedef {object} Details
 * @property {string[]} [fields] that were changed
 * @property {string} [limit] that was exceeded
 * @property {{at: string | null, ip: string, user_agent: string | null}} [last_rotation] of the other
 *   of two who used one sign-in
 */

/**
 * @typedef {object} Words
 * @property {string} text
 * @property {string} [more] what else the person should know
 * @property {string} icon
 * @property {boolean} isBad whether it may be somebody else's doing
 */

/** @type {Record<string, [text: string, icon: string, isBad?: boolean]>} */
const WORDS = {
  registered: ["You created this account", "check"],
  login: ["Signed in", "device"],
  login_failed: ["A sign-in was refused", "warning", true],
  logout: ["Signed out", "device"],
  session_revoked: ["A device was signed out", "device"],
  refresh_reuse: ["A sign-in was used in two places, so it was ended", "warning", true],
  refresh_ahead: ["A device stayed signed in while our records were restored", "device"],
  password_changed: ["The password was changed", "key"],
  password_change_required: ["The temporary password was given", "key"],
  temporary_password_set: ["Latchkey set a temporary password", "key"],
  password_refused: ["A wrong password was given on a device that is signed in", "warning", true],
  profile_changed: ["The profile was changed", "check"],
  throttled: ["There were too many tries, so more were refused for a while", "warning", true],
  user_created: ["Latchkey created this account", "check"],
  user_signed_out: ["Latchkey signed out all devices", "device"],
  administrator_granted: ["This account may administer Latchkey", "check"],
  administrator_revoked: ["This account may no longer administer Latchkey", "check"],
  administration_refused: ["A sign-in to administer was refused", "warning", true],
  user_disabled: ["Latchkey closed this account for the time being", "warning", true],
  user_enabled: ["Latchkey opened this account again", "check"],
};

/** @type {Record<string, string>} */
const FIELDS = { username: "username", full_name: "full name" };

/** @type {Record<string, string>} */
const LIMITS = {
  account: "The tries were for this account.",
  address: "The tries came from one address.",
  device: "The tries came from one device.",
  session: "The tries came from a device that is signed in.",
};

/**
 * @param {Happening} happening
 * @returns {Words}
 */
export function wordsFor(happening) {
  const { kind, details } = happening;
  const [text, icon, isBad = false] = WORDS[kind] ?? [unknown(kind), "check"];
  const words = { text, icon, isBad };
  if (kind === "profile_changed" && details?.fields) {
    return { ...words, text: changed(details.fields) };
  }
  if (kind === "throttled" && details?.limit) return { ...words, more: LIMITS[details.limit] };
  if (kind === "refresh_reuse") return { ...words, more: bothPlaces(happening) };
  return words;
}

/** @param {string[]} fields */
function changed(fields) {
  const names = fields.map((field) => `the ${FIELDS[field] ?? plain(field)}`).join(" and ");
  const subject = names.replace(/^t/, "T");
  return `${subject} ${fields.length > 1 ? "were" : "was"} changed`;
}

/**
 * Either of the two may be the thief.
 *
 * @param {Happening} happening
 */
function bothPlaces({ ip, user_agent, details }) {
  const other = details?.last_rotation;
  if (!other) return "If you do not know why, change your password.";
  const since = other.at === null ? "since it signed in" : exactly(other.at);
  const one = `${deviceName(user_agent)} (${ip ?? "unknown address"})`;
  const two = `${deviceName(other.user_agent)} (${other.ip}, ${since})`;
  return `It was used by ${one} and by ${two}. If you do not know both, change your password.`;
}

/** @param {string} kind */
function unknown(kind) {
  const text = plain(kind);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** @param {string} name */
function plain(name) {
  return name.replaceAll("_", " ");
}
