// The account's page: who one is, the password, where one is signed in, what happened, and the end of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { refused } from "./harness/forms.js";
import { allow, axe, device, hold, person, refuse, stranger, url, visit } from "./harness.js";

/** @typedef {import("playwright-core").Page} Page */

const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0";
const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";
const NEW_PASSWORD = "seven copper kettles whistle";

/**
 * A part of the page.
 *
 * @param {Page} page
 * @param {"Profile" | "Password" | "Devices" | "Activity" | "Delete account"} name
 */
function part(page, name) {
  return page.getByRole("region", { name, exact: true });
}

/**
 * A device in the list of devices.
 *
 * @param {Page} page
 * @param {string} name
 */
function row(page, name) {
  return part(page, "Devices").getByRole("listitem").filter({ hasText: name });
}

/**
 * @param {Page} page
 * @param {"yes" | "no"} answer
 */
async function answer(page, answer) {
  await page.getByRole("dialog").locator(`button[value=${answer}]`).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

/**
 * What comes of somebody's attempt to sign in.
 *
 * @param {string} username
 * @param {string} password
 */
async function attempt(username, password) {
  const answer = await fetch(`${url}/auth/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ username, password, delivery: "body" }),
  });
  return { status: answer.status, code: (await answer.json()).code };
}

test("a changed profile shows in the page's head at once", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: "/account", as: ada });
  const head = page.locator("#person");
  const profile = part(page, "Profile");
  await profile.getByText(ada.email).waitFor();
  assert.equal(await head.textContent(), ada.username);

  const { username } = stranger();
  await profile.getByLabel("Username").fill(username);
  await profile.getByRole("button", { name: "Save" }).click();
  await head.getByText(username, { exact: true }).waitFor();
  await profile.getByText("Saved.", { exact: true }).waitFor();

  await profile.getByLabel("Full name").fill("Ada Lovelace");
  await profile.getByRole("button", { name: "Save" }).click();
  await head.getByText("Ada Lovelace", { exact: true }).waitFor();
  await part(page, "Activity").getByText("The full name was changed").waitFor();

  await profile.getByLabel("Full name").fill("");
  await profile.getByRole("button", { name: "Save" }).click();
  await head.getByText(username, { exact: true }).waitFor();
  await profile.getByRole("button", { name: "Save" }).click();
  await profile.getByText("There is nothing to save").waitFor();

  await page.reload();
  await profile.getByLabel("Username").waitFor();
  assert.equal(await profile.getByLabel("Username").inputValue(), username);
  assert.deepEqual(await attempt(username, ada.password), { status: 200, code: undefined });
});

test("a username that cannot be had is said beside it, and what was typed stays", async (t) => {
  const [ada, eve] = [await person(), await person()];
  const page = await visit(t, { path: "/account", as: ada });
  allow(page, /status of (409|422) .* at \/auth\/me/);
  const profile = part(page, "Profile");
  const username = profile.getByLabel("Username");
  const fullName = profile.getByLabel("Full name");
  const save = profile.getByRole("button", { name: "Save" });
  await fullName.fill("Ada Lovelace");

  await username.fill("");
  await save.click();
  await refused(username, "Choose a username.");
  await username.fill("ada lovelace");
  await save.click();
  await refused(username, "letters a to z");
  await axe(page, "a profile that was refused");
  await username.fill("ad");
  await save.click();
  await refused(username, "3 to 32 characters");

  await username.fill(eve.username);
  await save.click();
  await refused(username, "Someone goes by this username already.");
  assert.equal(await username.inputValue(), eve.username);
  assert.equal(await fullName.inputValue(), "Ada Lovelace");
  assert.equal(await page.locator("#person").textContent(), ada.username);

  await username.pressSequentially("x");
  await profile.getByText("Someone goes by").waitFor({ state: "detached" });
  assert.equal(await username.getAttribute("aria-invalid"), null);
});

test("a new password signs out all other devices, and the old one opens nothing", async (t) => {
  const ada = await person();
  const elsewhere = await device(ada, { userAgent: FIREFOX });
  const page = await visit(t, { path: "/account", as: ada });
  allow(page, /status of \d+ .* at \/auth\/password/);
  await row(page, "Firefox on Linux").waitFor();
  const password = part(page, "Password");
  const current = password.getByLabel("Current password");
  const fresh = password.getByLabel("New password");
  const change = password.getByRole("button", { name: "Change password" });

  await change.click();
  await refused(current, "Enter your current password.");
  await current.fill("not this one");
  await fresh.fill(NEW_PASSWORD);
  await change.click();
  await refused(current, "This is not your password.");
  assert.equal(await fresh.inputValue(), NEW_PASSWORD);
  assert.equal((await elsewhere.call("GET", "/auth/me")).status, 200);

  await current.fill(ada.password);
  await fresh.fill(ada.username);
  await change.click();
  await refused(fresh, "This password is too easy to guess.");
  assert.equal(await current.inputValue(), ada.password);

  await fresh.fill(NEW_PASSWORD);
  await password.getByText("This password is hard to guess.").waitFor();
  await change.click();
  await password.getByText("Your password is changed.").waitFor();
  assert.equal(await current.inputValue(), "");
  assert.equal(await fresh.inputValue(), "");
  await row(page, "Firefox on Linux").waitFor({ state: "detached" });
  await part(page, "Activity").getByText("The password was changed").waitFor();

  const { status, data } = await elsewhere.call("GET", "/auth/me");
  assert.deepEqual([status, data.code], [401, "session_revoked"]);
  assert.equal((await attempt(ada.username, ada.password)).code, "invalid_credentials");
  assert.equal((await attempt(ada.username, NEW_PASSWORD)).status, 200);
  await page.reload();
  await part(page, "Devices").getByText("This device").waitFor();
});

test("devices go by their names, and are signed out from here", async (t) => {
  const ada = await person();
  const firefox = await device(ada, { userAgent: FIREFOX });
  const phone = await device(ada, { userAgent: IPHONE });
  const clock = await device(ada, { userAgent: "<b>A clock</b>" });
  const page = await visit(t, { path: "/account", as: ada });
  const devices = part(page, "Devices");
  await row(page, "<b>A clock</b>").waitFor();
  assert.equal(await devices.getByRole("listitem").count(), 4);
  const here = devices.getByRole("listitem").first();
  await here.getByText("This device").waitFor();
  assert.equal(await here.getByRole("button").count(), 0);
  await axe(page, "an account with four devices");

  await row(page, "Firefox on Linux").getByRole("button", { name: "Sign out" }).click();
  await row(page, "Firefox on Linux").waitFor({ state: "detached" });
  await page.getByLabel("Messages").getByText("Firefox on Linux is signed out.").waitFor();
  const { status, data } = await firefox.call("GET", "/auth/me");
  assert.deepEqual([status, data.code], [401, "session_revoked"]);
  assert.equal((await phone.call("GET", "/auth/me")).status, 200);
  await part(page, "Activity").getByText("A device was signed out").waitFor();

  const all = devices.getByRole("button", { name: "Sign out all others" });
  await all.click();
  await axe(page, "the question before all others are signed out");
  await answer(page, "no");
  assert.equal((await phone.call("GET", "/auth/me")).status, 200);
  await all.click();
  await answer(page, "yes");
  await devices.getByText("You are signed in on no other device.").waitFor();
  assert.equal(await devices.getByRole("listitem").count(), 1);
  for (const other of [phone, clock]) {
    assert.equal((await other.call("GET", "/auth/me")).data.code, "session_revoked");
  }
  assert.equal(await all.count(), 0);
});

test("a device that was signed out elsewhere meanwhile is gone from the list", async (t) => {
  const ada = await person();
  const firefox = await device(ada, { userAgent: FIREFOX });
  const page = await visit(t, { path: "/account", as: ada });
  allow(page, /status of 404 .* at \/auth\/sessions/);
  await row(page, "Firefox on Linux").waitFor();
  await firefox.call("POST", "/auth/logout", { scope: "this" });
  await row(page, "Firefox on Linux").getByRole("button", { name: "Sign out" }).click();
  await row(page, "Firefox on Linux").waitFor({ state: "detached" });
});

test("signing out everywhere is signing out here, too", async (t) => {
  const ada = await person();
  const firefox = await device(ada, { userAgent: FIREFOX });
  const page = await visit(t, { path: "/account", as: ada });
  const signedOut = page.waitForResponse("**/auth/logout");
  await part(page, "Devices").getByRole("button", { name: "Sign out everywhere" }).click();
  await answer(page, "yes");
  await page.waitForURL("**/sign-in");
  await page.getByRole("main").getByText("You have signed out.").waitFor();
  await signedOut;
  assert.equal((await firefox.call("GET", "/auth/me")).data.code, "session_revoked");
});

test("what happened is listed, the latest first, a page at a time", async (t) => {
  const ada = await person();
  const last = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Firefox/144.0";
  for (const userAgent of [...Array(8).fill(FIREFOX), last]) await device(ada, { userAgent });
  const page = await visit(t, { path: "/account", as: ada });
  allow(page, /status of 503 .* at \/auth\/events/);
  const activity = part(page, "Activity");
  const rows = activity.getByRole("listitem");
  await rows.first().getByText("Firefox on Mac").waitFor();
  assert.equal(await rows.count(), 8);

  await refuse(page, "/auth/events", { status: 503, code: "unavailable" });
  const more = activity.getByRole("button", { name: "Show more" });
  await more.click();
  await activity.getByText("Latchkey cannot do this right now.").waitFor();
  assert.equal(await rows.count(), 8);

  await more.click();
  await rows.last().getByText("You created this account").waitFor();
  assert.equal(await rows.count(), 10);
  assert.ok(await rows.nth(8).evaluate((element) => element === document.activeElement));
  assert.equal(await activity.getByRole("button").count(), 0);
});

test("an account is deleted only by its password, and then it is gone", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: "/account", as: ada });
  allow(page, /status of \d+ .* at \/auth\/(me|login)/);
  const deletion = part(page, "Delete account");
  const password = deletion.getByLabel("Password", { exact: true });
  const remove = deletion.getByRole("button", { name: "Delete account" });
  await remove.click();
  await refused(password, "Enter your password.");

  await password.fill("not this one");
  await remove.click();
  await page.getByRole("dialog").waitFor();
  await axe(page, "the question before the account is deleted");
  await answer(page, "no");
  assert.equal((await attempt(ada.username, ada.password)).status, 200);
  await remove.click();
  await answer(page, "yes");
  await refused(password, "This is not your password.");
  assert.equal(await password.inputValue(), "not this one");

  await password.fill(ada.password);
  await remove.click();
  await answer(page, "yes");
  await page.waitForURL("**/sign-in");
  const main = page.getByRole("main");
  await main.getByText("Your account has been deleted.").waitFor();
  assert.equal(await page.getByText(ada.username).count(), 0);
  await main.getByLabel("Username or e-mail").fill(ada.username);
  await main.getByLabel("Password", { exact: true }).fill(ada.password);
  await main.getByRole("button", { name: "Sign in" }).click();
  await main.getByText("The name or the password is wrong.").waitFor();
});

const PARTS = /** @type {const} */ ([
  ["Profile", "/auth/me", "Username"],
  ["Devices", "/auth/sessions", "This device"],
  ["Activity", "/auth/events", "You created this account"],
]);

for (const [name, path, content] of PARTS) {
  test(`a part that does not come can be had again, by hand or in time: ${name}`, async (t) => {
    const page = await visit(t, { path: null, as: await person() });
    allow(page, new RegExp(`status of 503 .* at ${path}`));
    await page.clock.install();
    await refuse(page, path, { status: 503, code: "unavailable", retryAfter: 600, times: 2 });
    await page.goto("/account");
    const there = part(page, name);
    const again = there.getByRole("button", { name: "Try again" });
    await there.getByText("You can try again in 10 minutes.").waitFor();
    assert.equal(await page.getByRole("button", { name: "Try again" }).count(), 1);
    await axe(page, `an account without its part ${name}`);

    const answered = page.waitForResponse((answer) => new URL(answer.url()).pathname === path);
    await again.click();
    assert.equal((await answered).status(), 503);
    await there.locator("[aria-busy]").waitFor({ state: "detached" });
    await there.getByText("You can try again in 10 minutes.").waitFor();
    await page.clock.fastForward(550_000);
    await there.getByText(/You can try again in \d\d seconds/).waitFor();
    await page.clock.fastForward(60_000);
    await again.waitFor({ state: "detached" });
    await there.getByText(content).waitFor();
  });
}

test("nobody leaves what they changed without being asked", async (t) => {
  const page = await visit(t, { path: "/account", as: await person() });
  const notes = page.getByRole("link", { name: "Notes", exact: true });
  const fullName = part(page, "Profile").getByLabel("Full name");
  await fullName.fill("Ada Lovelace");
  await notes.click();
  await page.getByRole("heading", { name: "Leave without saving?" }).waitFor();
  await axe(page, "the question before changes are left");
  await answer(page, "no");
  assert.equal(new URL(page.url()).pathname, "/account");
  assert.equal(await fullName.inputValue(), "Ada Lovelace");

  await notes.click();
  await answer(page, "yes");
  await page.waitForURL("/");
  await page.getByText("No notes yet").waitFor();

  await page.getByRole("link", { name: "Account" }).click();
  await fullName.waitFor();
  assert.equal(await fullName.inputValue(), "");
  await notes.click();
  await page.waitForURL("/");
});

test("a change is sent once, however often the button is pressed", async (t) => {
  const page = await visit(t, { path: "/account", as: await person() });
  const sending = await hold(page, "/auth/me", { method: "PATCH" });
  const profile = part(page, "Profile");
  await profile.getByLabel("Full name").fill("Ada");
  await profile.getByRole("button", { name: "Save" }).dblclick();
  await profile.getByRole("button", { name: "Saving…" }).press("Enter");
  await profile.getByLabel("Full name").press("Enter");
  await profile.getByLabel("Full name").fill("Ada Lovelace");
  sending.release();
  await profile.getByText("Saved.", { exact: true }).waitFor();
  assert.equal(sending.held(), 1);
  assert.equal(await profile.getByLabel("Full name").inputValue(), "Ada Lovelace");
});

test("an account fits a telephone, whatever its devices are called", async (t) => {
  const ada = await person({ full_name: "W".repeat(100) });
  for (const userAgent of [FIREFOX, "W".repeat(200)]) await device(ada, { userAgent });
  const viewport = { width: 390, height: 844 };
  const page = await visit(t, { path: "/account", as: ada, context: { viewport } });
  await part(page, "Activity").getByText("You created this account").waitFor();
  await part(page, "Delete account").waitFor();
  const width = () => page.evaluate(() => document.documentElement.scrollWidth);
  assert.equal(await width(), viewport.width);
  await axe(page, "an account on a telephone");
  await part(page, "Devices").getByRole("button", { name: "Sign out all others" }).click();
  await page.getByRole("dialog").waitFor();
  assert.equal(await width(), viewport.width);
});
