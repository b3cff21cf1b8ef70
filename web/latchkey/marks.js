/** What a script may know of a sign-in without an access token: none of it opens anything. */

/** A cookie that scripts may read: it comes and goes with the refresh token's. */
const HINT = "__Host-signed-in";
/** In localStorage: the scope of a sign-out that the server has not been told of yet. */
const PENDING_SIGN_OUT = "latchkey.signing-out";

/** Whether the browser has a refresh token, as far as scripts may know. */
export const hint = {
  isThere: () => document.cookie.split("; ").some((pair) => pair.startsWith(`${HINT}=`)),
  drop() {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API cannot set __Host- cookies everywhere.
    document.cookie = `${HINT}=; Path=/; Secure; SameSite=Strict; Max-Age=0`;
  },
};

/** Survives the page, so that a reload while offline does not undo a sign-out. */
export const pendingSignOut = {
  /** @type {string | null} Where nothing can be stored, this page remembers. */
  remembered: null,
  get() {
    try {
      return localStorage.getItem(PENDING_SIGN_OUT) ?? this.remembered;
    } catch {
      return this.remembered;
    }
  },
  /** @param {string} scope */
  set(scope) {
    try {
      localStorage.setItem(PENDING_SIGN_OUT, scope);
    } catch {
      this.remembered = scope;
    }
  },
  drop() {
    this.remembered = null;
    try {
      localStorage.removeItem(PENDING_SIGN_OUT);
    } catch {
      // What cannot be stored need not be removed.
    }
  },
};
