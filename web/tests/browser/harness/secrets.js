// What must never stand where a script, a history or a log can read it.

/** An access token (a JWT begins with the base64url of `{"`), a refresh token, a device token. */
const TOKEN = /eyJ[\w-]{8}|lkrt_|lkdt_/;

/**
 * Whether a text holds what looks like a token.
 *
 * @param {string} text
 */
export function holdsToken(text) {
  return TOKEN.test(text);
}

/**
 * The places of a page in which something looks like a token: its storages, its address and history, the
 * cookies that scripts see, the addresses of all that it loaded, and the document itself.
 *
 * @param {import("playwright-core").Page} page
 * @returns {Promise<string[]>} none, in a good page
 */
export async function tokenLike(page) {
  const places = await page.evaluate(async () => {
    const storage = (/** @type {Storage} */ { ...entries }) => JSON.stringify(entries);
    const databases = await indexedDB.databases();
    return {
      localStorage: storage(localStorage),
      sessionStorage: storage(sessionStorage),
      indexedDB: databases.map((database) => database.name).join(" "),
      caches: (await caches.keys()).join(" "),
      address: location.href,
      "history.state": JSON.stringify(history.state) ?? "",
      "window.name": window.name,
      cookies: document.cookie,
      loaded: performance
        .getEntries()
        .map((entry) => entry.name)
        .join(" "),
      document: new XMLSerializer().serializeToString(document),
    };
  });
  return Object.entries(places)
    .filter(([, text]) => holdsToken(text))
    .map(([place]) => place);
}
