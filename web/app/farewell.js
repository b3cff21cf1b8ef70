/** Why nobody is signed in any more, as it is told on the page that follows. */

/** @type {Record<import("../latchkey.js").Reason, string>} */
const FAREWELLS = {
  signed_out: "You have signed out.",
  account_deleted: "Your account has been deleted.",
  session_revoked:
    "You were signed out from another device, or because your password was changed. Please sign in again.",
  refresh_token_reused:
    "You were signed out for your safety: this sign-in was used in two places. If you do not know why, change your password.",
  refresh_token_expired:
    "You were away for a long time, so you were signed out. Please sign in again.",
  invalid_refresh_token: "You are not signed in any more. Please sign in again.",
};

/**
 * @param {import("../latchkey.js").Reason | null} reason
 * @param {boolean} wasSignedIn whether this page was somebody's until now
 * @returns {string | null}
 */
export function farewell(reason, wasSignedIn) {
  if (reason === null || (reason === "signed_out" && !wasSignedIn)) return null;
  return FAREWELLS[reason];
}
