// What tests in a browser share. A test begins with a page in a context of its own (`visit`), and fails if
// anything went wrong in it that it did not say would (`allow`), whatever else it looked at.
//
// `cargo test -p e2e --test browser` runs each file against a system of the whole; see CONTRIBUTING.md for
// other ways.

import { after } from "node:test";
import { chromium } from "playwright-core";
import { cookiesOf } from "./harness/people.js";
import { url } from "./harness/system.js";
import { watch } from "./harness/watch.js";

export { axe } from "./harness/accessibility.js";
export { detour, hold, lose, refuse } from "./harness/network.js";
export { device, password, person, stranger } from "./harness/people.js";
export { tokenLike } from "./harness/secrets.js";
export { system, url } from "./harness/system.js";
export { allow } from "./harness/watch.js";

/** For any one thing that a test waits for. */
const PATIENCE = 15_000;

/** @type {Promise<import("playwright-core").Browser> | undefined} */
let launched;

after(async () => {
  await (await launched)?.close();
});

/**
 * The browser of this process. Like a person's it keeps pages in the back/forward cache, which Playwright
 * would switch off.
 */
export function browser() {
  const seen = process.env.LATCHKEY_SHOW_BROWSER !== undefined;
  launched ??= chromium.launch({
    executablePath: process.env.LATCHKEY_CHROMIUM ?? "/usr/bin/chromium",
    headless: !seen,
    slowMo: seen ? 200 : 0,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  });
  return launched;
}

/**
 * Opens a page in a fresh context. When the test ends it fails on anything that went wrong in the context
 * (see `allow`), and the context is closed.
 *
 * @param {import("node:test").TestContext} t
 * @param {object} [wanted]
 * @param {string | null} [wanted.path] where to go; `null` stays on an empty page
 * @param {import("./harness/people.js").Person} [wanted.as] who is signed in already
 * @param {import("playwright-core").BrowserContextOptions} [wanted.context] more of the context, as its
 *   `viewport` or `colorScheme`
 * @returns {Promise<import("playwright-core").Page>}
 */
export async function visit(t, { path = "/", as, context: options } = {}) {
  const context = await (await browser()).newContext({ baseURL: url, ...options });
  context.setDefaultTimeout(PATIENCE);
  const troubles = await watch(context);
  t.after(async () => {
    await context.close();
    for (const trouble of troubles()) {
      t.diagnostic(trouble);
    }
    if (troubles().length > 0) {
      throw new Error(`went wrong in the browser:\n  ${troubles().join("\n  ")}`);
    }
  });
  const page = await context.newPage();
  if (as) {
    // Playwright's own `addCookies` takes no `__Host-` cookie for a site without TLS.
    const session = await context.newCDPSession(page);
    await session.send("Network.setCookies", { cookies: await cookiesOf(as) });
    await session.detach();
  }
  if (path !== null) {
    await page.goto(path);
  }
  return page;
}

/**
 * Opens another tab in the same context.
 *
 * @param {import("playwright-core").BrowserContext} context
 * @param {string} [path]
 */
export async function tab(context, path = "/") {
  const page = await context.newPage();
  await page.goto(path);
  return page;
}

/**
 * Goes back in the history. A page that was kept in the back/forward cache is there at once, and loads nothing,
 * which Playwright's own `goBack` would wait for.
 *
 * @param {import("playwright-core").Page} page
 */
export async function goBack(page) {
  await page.goBack({ waitUntil: "commit" });
}

/**
 * Signs in by the form of the page at `/sign-in`, and waits until it is left.
 *
 * @param {import("playwright-core").Page} page
 * @param {import("./harness/people.js").Person} person
 */
export async function signIn(page, person) {
  await page.locator("input[autocomplete~=username]").fill(person.username);
  await page.locator("input[autocomplete~=current-password]").fill(person.password);
  await page.locator("button[type=submit]").click();
  await page.waitForURL((address) => address.pathname !== "/sign-in");
}

/**
 * Tells people a figure, which the run of all tests prints at its end.
 *
 * @param {string} text
 */
export function figure(text) {
  console.log(`figure: ${text}`);
}
