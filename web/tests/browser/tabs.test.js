// One person in several tabs, and in none: what the client sees to, seen from outside.

import assert from "node:assert/strict";
import { test } from "node:test";
import { allow, detour, device, figure, lose, person, tab, tokenLike, visit } from "./harness.js";
import { until } from "./notes/pages.js";

/** @import { BrowserContext, Page } from "playwright-core" */

/** Seconds within which a sign-out elsewhere takes effect. */
const PROMISE = 10;

/** @param {Page} page */
const signOutButton = (page) => page.getByRole("button", { name: "Sign out", exact: true });

/** @param {Page} page */
const signedIn = (page) => signOutButton(page).waitFor();

/** @param {Page} page */
const signedOut = async (page) => {
  await page.waitForURL("**/sign-in", { waitUntil: "commit" });
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
};

/**
 * Counts requests of all tabs from now on.
 *
 * @param {BrowserContext} context
 * @param {string} path
 */
function counted(context, path) {
  const count = { requests: 0 };
  context.on("request", (request) => {
    if (new URL(request.url()).pathname === path) count.requests += 1;
  });
  return count;
}

/**
 * A page of the back/forward cache is not loaded.
 *
 * @param {Page} page
 */
const goBackToCached = (page) => page.goBack({ waitUntil: "commit" });

/**
 * Another device of the same person, and what it sees of this browser.
 *
 * @param {import("./harness/people.js").Person} ada
 */
async function elsewhere(ada) {
  const other = await device(ada);
  const others = async () => {
    const { data } = await other.call("GET", "/auth/sessions");
    return data.sessions.filter((/** @type {{ current: boolean }} */ { current }) => !current);
  };
  return { ...other, others };
}

test("a reload keeps the session, with one request and nothing stored", async (t) => {
  const page = await visit(t, { as: await person() });
  await signedIn(page);
  const refreshes = counted(page.context(), "/auth/refresh");
  await page.reload();
  await signedIn(page);
  assert.equal(refreshes.requests, 1);
  assert.deepEqual(await tokenLike(page), []);
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), []);
});

test("who is not signed in causes no call", async (t) => {
  const page = await visit(t, { path: null });
  const refreshes = counted(page.context(), "/auth/refresh");
  await page.goto("/");
  await signedOut(page);
  assert.equal(refreshes.requests, 0);
});

for (const number of [2, 10]) {
  test(`${number} tabs that open at once make one refresh`, async (t) => {
    const page = await visit(t, { path: null, as: await person() });
    const context = page.context();
    const refreshes = counted(context, "/auth/refresh");
    const pages = [page];
    while (pages.length < number) pages.push(await context.newPage());
    await Promise.all(pages.map((each) => each.goto("/")));
    await Promise.all(pages.map(signedIn));
    assert.equal(refreshes.requests, 1);
    figure(`${number} tabs that opened at once made ${refreshes.requests} refresh`);
  });
}

test("a lost answer to a refresh goes unnoticed", async (t) => {
  const page = await visit(t, { path: null, as: await person() });
  allow(page, /\/auth\/refresh/);
  const { statuses } = await lose(page, "/auth/refresh", { times: 2 });
  await page.goto("/");
  await signedIn(page);
  assert.deepEqual(statuses, [200, 200]);
});

test("a tab that is closed over its refresh does not leave the browser behind", async (t) => {
  const page = await visit(t, { path: null, as: await person() });
  const context = page.context();
  const refreshToken = async () => {
    const cookies = await context.cookies();
    return cookies.find(({ name }) => name === "__Host-refresh_token")?.value;
  };
  const before = await refreshToken();
  const asked = page.waitForRequest("**/auth/refresh");
  await page.goto(await detour(t, "/auth/refresh", 2_000));
  await asked;
  await page.close();
  await until(async () => (await refreshToken()) !== before);
});

test("signing out in one tab signs out all", async (t) => {
  const ada = await person();
  const first = await visit(t, { as: ada });
  const second = await tab(first.context());
  await Promise.all([signedIn(first), signedIn(second)]);
  await signOutButton(first).click();
  await Promise.all([signedOut(first), signedOut(second)]);
  assert.deepEqual(await (await elsewhere(ada)).others(), []);
});

test("a device that is signed out elsewhere shows it within the promised time", async (t) => {
  const ada = await person();
  const page = await visit(t, { as: ada });
  allow(page, /401 .* at \/auth\/verify/);
  await signedIn(page);
  const other = await elsewhere(ada);
  const [here] = await other.others();
  const before = performance.now();
  const { status } = await other.call("DELETE", `/auth/sessions/${here.id}`);
  assert.equal(status, 204);
  await signedOut(page);
  const seconds = (performance.now() - before) / 1_000;
  assert.ok(seconds < PROMISE, `${seconds} s`);
  figure(`signed out elsewhere, a tab showed it after ${seconds.toFixed(1)} s`);
});

test("signed out while offline, the page is, too, and the server as soon as there is a network", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: null, as: ada });
  allow(page, /ERR_INTERNET_DISCONNECTED/);
  // Fetched in good time, for it may be wanted when there is no network.
  const form = page.waitForResponse("**/sign-in/sign-in.js");
  await page.goto("/");
  await signedIn(page);
  await form;
  const other = await elsewhere(ada);
  await page.context().setOffline(true);
  await signOutButton(page).click();
  await signedOut(page);
  assert.equal((await other.others()).length, 1);

  const told = page.waitForResponse("**/auth/logout");
  await page.context().setOffline(false);
  await told;
  assert.deepEqual(await other.others(), []);
});

test("a reload does not undo a sign-out that the server has not heard of", async (t) => {
  const ada = await person();
  const page = await visit(t, { as: ada });
  allow(page, /\/auth\/logout/, /ERR_FAILED/);
  await signedIn(page);
  await page.context().route("**/auth/logout", (route) => route.abort());
  await signOutButton(page).click();
  await signedOut(page);
  const refreshes = counted(page.context(), "/auth/refresh");
  await page.goto("/");
  await signedOut(page);
  assert.equal(refreshes.requests, 0);

  const told = page.waitForResponse("**/auth/logout");
  await page.context().unroute("**/auth/logout");
  await told;
  assert.deepEqual(await (await elsewhere(ada)).others(), []);
});

test("after a sign-out, going back shows nothing", async (t) => {
  const ada = await person();
  const other = await elsewhere(ada);
  const title = "The secret of the harbour";
  await other.call("POST", "/notes", { title, body: "" });
  const page = await visit(t, { as: ada });
  await page.getByText(title).waitFor();
  await page.getByRole("link", { name: "Account" }).click();
  await page.waitForURL("**/account");
  await signOutButton(page).click();
  await signedOut(page);
  await page.goBack();
  await signedOut(page);
  assert.equal(await page.getByText(title).count(), 0);
});

test("a page that comes back from the back/forward cache shows nothing of an ended session", async (t) => {
  const ada = await person();
  const other = await elsewhere(ada);
  const title = "The secret of the harbour";
  await other.call("POST", "/notes", { title, body: "" });
  const page = await visit(t, { path: null, as: ada });
  allow(page, /401 .* at \/(notes|auth\/(verify|refresh))$/);
  await page.addInitScript((secret) => {
    addEventListener("pageshow", ({ persisted }) => {
      const shown = document.body.innerText.includes(secret);
      Object.assign(window, { returned: { persisted, shown } });
    });
  }, title);
  await page.goto("/");
  await page.getByText(title).waitFor();
  await page.goto("/api-docs/");
  const [here] = await other.others();
  await other.call("DELETE", `/auth/sessions/${here.id}`);
  await goBackToCached(page);
  const returned = await page.evaluate(() => Reflect.get(window, "returned"));
  assert.deepEqual(returned, { persisted: true, shown: false });
  await signedOut(page);
  assert.equal(await page.getByText(title).count(), 0);
});

test("nor if it was another tab that signed out", async (t) => {
  const ada = await person();
  const title = "The secret of the harbour";
  await (await elsewhere(ada)).call("POST", "/notes", { title, body: "" });
  const page = await visit(t, { as: ada });
  await page.getByText(title).waitFor();
  await page.goto("/api-docs/");
  const second = await tab(page.context());
  await signOutButton(second).click();
  await signedOut(second);
  await page.goBack();
  await signedOut(page);
  assert.equal(await page.getByText(title).count(), 0);
});

test("a page that comes back shows what it showed if nobody signed out", async (t) => {
  const ada = await person();
  const title = "The secret of the harbour";
  await (await elsewhere(ada)).call("POST", "/notes", { title, body: "" });
  const page = await visit(t, { as: ada });
  await page.getByText(title).waitFor();
  await page.goto("/api-docs/");
  const refreshes = counted(page.context(), "/auth/refresh");
  await goBackToCached(page);
  await page.getByText(title).waitFor();
  assert.equal(refreshes.requests, 0);
});

test("when somebody else signs in, all tabs are theirs", async (t) => {
  const [ada, grace] = [await person(), await person()];
  const first = await visit(t, { as: ada });
  await first.getByText(ada.username).first().waitFor();
  const second = await tab(first.context());
  await second.evaluate(
    async ([username, password]) => {
      const address = document.querySelector("script[type=module]")?.getAttribute("src") ?? "";
      const { Latchkey } = await import(
        new URL("../latchkey.js", new URL(address, location.href)).href
      );
      await new Latchkey().logIn({ identifier: username, password });
    },
    [grace.username, grace.password],
  );
  await first.getByText(grace.username).first().waitFor();
  assert.equal(await first.getByText(ada.username).count(), 0);
});

test("after a long sleep the session goes on", async (t) => {
  const page = await visit(t, { path: null, as: await person() });
  await page.clock.install();
  await page.goto("/");
  await signedIn(page);
  const refreshed = page.waitForResponse("**/auth/refresh");
  await page.clock.fastForward("01:00:00");
  assert.equal((await refreshed).status(), 200);
  await signedIn(page);
});
