/** @import { Session } from '../latchkey.js' */

/** An access token is renewed when it has no more than this to live, in milliseconds, or a fifth of its life. */
const RENEWAL_MARGIN = 60_000;

/**
 * An access token, and how old it is by two clocks: one may stand still while the machine sleeps, the other
 * may be set.
 *
 * @typedef {object} Grant
 * @property {string} accessToken
 * @property {number} lifetime Milliseconds from when it was asked for.
 * @property {number} wallAt When it was asked for, by `Date.now`.
 * @property {number} monotonicAt The same by `performance.now`, which each tab counts for itself.
 * @property {number} issuedAt The claim `iat`.
 * @property {number} signedInAt The claim `auth_time`.
 * @property {Session} session
 */

/**
 * Reads a token response (RFC 6749 section 5.1).
 *
 * @param {any} tokenResponse
 * @param {{ wallAt: number, monotonicAt: number }} asked
 * @returns {Grant}
 */
export function read({ access_token, expires_in }, asked) {
  const claims = claimsOf(access_token);
  return {
    ...asked,
    accessToken: access_token,
    lifetime: expires_in * 1_000,
    issuedAt: claims.iat,
    signedInAt: claims.auth_time,
    session: Object.freeze({
      id: claims.sid,
      subject: claims.sub,
      username: claims.preferred_username,
      email: claims.email,
      name: claims.name ?? null,
    }),
  };
}

/**
 * The claims of an access token that the server itself gave: there is nothing to verify here.
 *
 * @param {string} accessToken
 */
function claimsOf(accessToken) {
  const payload = accessToken.split(".")[1] ?? "";
  const bytes = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0))));
}

export function clocks() {
  return { wallAt: Date.now(), monotonicAt: performance.now() };
}

/**
 * What this tab's `performance.now` was at an instant that has passed.
 *
 * @param {number} wallAt
 */
export function monotonicOf(wallAt) {
  return performance.now() - Math.max(Date.now() - wallAt, 0);
}

/**
 * Milliseconds that a grant has to live.
 *
 * @param {Grant} grant
 */
export function left({ lifetime, wallAt, monotonicAt }) {
  return lifetime - Math.max(Date.now() - wallAt, performance.now() - monotonicAt);
}

/** @param {Grant} grant */
export function margin({ lifetime }) {
  return Math.min(RENEWAL_MARGIN, lifetime / 5);
}
