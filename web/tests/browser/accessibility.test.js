// Every page and state by axe-core, in light and dark, wide and 320 pixels narrow, with nothing that moves for
// whoever wants it so.

import assert from "node:assert/strict";
import { test } from "node:test";
import { firefox, newPassword } from "./harness/people.js";
import { allow, axe, device, hold, person, visit } from "./harness.js";
import { saved, told } from "./notes/pages.js";

/** @typedef {import("playwright-core").Page} Page */

const WIDE = { width: 1280, height: 800 };
/** 1280 pixels at 400 % (WCAG 1.4.10). */
const NARROW = { width: 320, height: 640 };

/**
 * Looks at a page in the state that it is in.
 *
 * @param {Page} page
 * @param {string} state
 */
async function look(page, state) {
  await axe(page, state);
  await page.emulateMedia({ reducedMotion: "reduce" });
  const moving = await page.evaluate(() =>
    document
      .getAnimations()
      .filter(({ playState, effect }) => {
        const { duration = 0, iterations = 1 } = effect?.getComputedTiming() ?? {};
        return playState === "running" && Number(duration) * iterations > 100;
      })
      .map(({ effect }) => /** @type {KeyframeEffect} */ (effect).target?.className),
  );
  assert.deepEqual(moving, [], `${state}: these move`);
  await page.setViewportSize(NARROW);
  const widest = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(widest <= NARROW.width, `${state}: ${widest} pixels wide on ${NARROW.width}`);
  // Colours are the same at any width.
  await axe(page, `${state}, narrow`, ["light"]);
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ reducedMotion: null });
}

/**
 * Has the server refuse calls.
 *
 * @param {Page} page
 * @param {string} path
 * @param {number} status
 * @param {object} problem
 * @param {Record<string, string>} [headers]
 */
async function refuse(page, path, status, problem, headers) {
  allow(page, new RegExp(`status of ${status} .* at ${path}`));
  await page.context().route(
    ({ pathname }) => pathname === path,
    (route) =>
      route.fulfill({
        status,
        headers: { "Content-Type": "application/problem+json", ...headers },
        body: JSON.stringify({ status, title: "", detail: "", ...problem }),
      }),
  );
}

const TOO_MANY = { code: "rate_limited", detail: "Too many tries. Wait a moment." };

test("signing in", async (t) => {
  const page = await visit(t, { path: "/sign-in", context: { viewport: WIDE } });
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await look(page, "sign in");

  const button = page.getByRole("button", { name: "Sign in" });
  await button.click();
  await shown(page, "Enter your password.");
  await look(page, "sign in, nothing filled in");

  allow(page, /status of 401 .* at \/auth\/login/);
  await page.getByLabel("Username or e-mail").fill("nobody-goes-by-this");
  await page.getByLabel("Password", { exact: true }).fill("not this one");
  await page.getByRole("button", { name: "Show the password" }).click();
  await button.click();
  await shown(page, "The name or the password is wrong.");
  await look(page, "sign in, refused");

  await refuse(page, "/auth/login", 429, TOO_MANY, { "Retry-After": "600" });
  await button.click();
  await shown(page, /You can try again in/);
  await look(page, "sign in, throttled");
});

test("registering", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: "/register", context: { viewport: WIDE } });
  await page.getByRole("heading", { name: "Create an account" }).waitFor();
  await look(page, "register");

  await page.getByLabel("Username").fill(ada.username);
  await page.getByLabel("E-mail").fill("not an address");
  const advised = page.waitForResponse("**/auth/password/advice");
  await page.getByLabel("Password", { exact: true }).fill("password1");
  await advised;
  await look(page, "register, with advice");

  allow(page, /status of 422 .* at \/auth\/register/);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.locator("[aria-invalid=true]").first().waitFor();
  await look(page, "register, refused");
});

test("notes", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: null, as: ada, context: { viewport: WIDE } });
  const loading = await hold(page, "/notes", { method: "GET" });
  await page.goto("/");
  await page.getByRole("searchbox").waitFor();
  await look(page, "notes, loading");
  loading.release();
  await shown(page, "No notes yet");
  await look(page, "no notes");

  await page.getByRole("link", { name: "New note" }).click();
  await page.getByRole("textbox", { name: "Title" }).fill("Harbour");
  await look(page, "a new note");
  await page.getByRole("textbox", { name: "Text" }).fill("The lamp wants oil.");
  await saved(page);
  await look(page, "a note");
  await page.getByRole("textbox", { name: "Title" }).fill("H".repeat(201));
  await shown(page, "Shorten it");
  await look(page, "a title that is too long");
  await page.getByRole("textbox", { name: "Title" }).fill("Harbour");
  await saved(page);

  const saving = await hold(page, new URL(page.url()).pathname.replace("/n/", "/notes/"));
  await page.getByRole("textbox", { name: "Text" }).fill("The lamp is lit.");
  await told(page, "Saving…");
  await look(page, "a note that is being saved");
  saving.release();
  await saved(page);

  await page.getByRole("searchbox").fill("nothing of the kind");
  await shown(page, "Nothing found for");
  await look(page, "nothing found");
  await page.getByRole("searchbox").fill("");
  await page.getByRole("link", { name: "Harbour" }).waitFor();

  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Undo" }).hover();
  await look(page, "a note that was deleted");
  await page.getByRole("button", { name: "Undo" }).click();

  await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
  await page.getByRole("dialog").waitFor();
  await look(page, "the list of shortcuts");
});

test("notes that others change, and networks that fail", async (t) => {
  const ada = await person();
  const elsewhere = await device(ada);
  const note = { title: "Harbour", body: "The lamp wants oil.\nThe boats are in." };
  const { data } = await elsewhere.call("POST", "/notes", note);
  const page = await visit(t, { path: `/n/${data.id}`, as: ada, context: { viewport: WIDE } });
  const text = page.getByRole("textbox", { name: "Text" });
  await text.waitFor();

  allow(page, /ERR_INTERNET_DISCONNECTED/);
  await page.context().setOffline(true);
  await text.fill("The lamp is lit.\nThe boats are in.");
  await told(page, "Kept on this device: offline");
  await look(page, "a note that is written offline");

  allow(page, /status of 412 .* at \/notes\//);
  const other = { title: "Harbour", body: "The lamp wants oil.\nThe boats are out." };
  await elsewhere.call("PUT", `/notes/${data.id}`, other);
  await page.context().setOffline(false);
  await page.getByRole("heading", { name: "This note was changed elsewhere" }).waitFor();
  await look(page, "a conflict");
  await page.getByRole("button", { name: "Keep mine" }).click();
  await saved(page);

  allow(page, /status of 404 .* at \/notes\//);
  await elsewhere.call("DELETE", `/notes/${data.id}`);
  await text.fill("The lamp is out.");
  await shown(page, "This note was deleted elsewhere");
  await look(page, "a note that was deleted elsewhere");

  await refuse(page, "/notes", 429, TOO_MANY, { "Retry-After": "600" });
  await page.goto("/");
  await page.getByRole("button", { name: "Try again" }).waitFor();
  await look(page, "notes, throttled");
});

test("the account", async (t) => {
  const ada = await person({ full_name: "Ada Lovelace" });
  await device(ada, { userAgent: firefox });
  const page = await visit(t, { path: null, as: ada, context: { viewport: WIDE } });
  const loading = await hold(page, /^\/auth\/(me|sessions|events)$/, { method: "GET" });
  await page.goto("/account");
  await page.getByRole("region", { name: "Profile" }).waitFor();
  await look(page, "account, loading");
  loading.release();
  await page.getByRole("region", { name: "Delete account" }).waitFor();
  await look(page, "account");

  const change = page.getByRole("region", { name: "Password" });
  await change.getByLabel("Current password", { exact: true }).fill("not this one");
  await change.getByLabel("New password", { exact: true }).fill(newPassword);
  allow(page, /status of 403 .* at \/auth\/password/);
  await change.getByRole("button", { name: "Change password" }).click();
  await change.getByText("This is not your password.").waitFor();
  await look(page, "account, password refused");
  await change.getByLabel("New password", { exact: true }).fill("");

  const devices = page.getByRole("region", { name: "Devices" });
  await devices.getByRole("button", { name: "Sign out all others" }).click();
  await page.getByRole("dialog").waitFor();
  await look(page, "account, a question");
  await page.getByRole("button", { name: "Cancel" }).click();

  await refuse(page, "/auth/sessions", 503, { code: "unavailable" });
  await page.reload();
  await devices.getByRole("button", { name: "Try again" }).waitFor();
  await look(page, "account, devices not to be had");
});

test("an address that nobody has", async (t) => {
  const page = await visit(t, { path: null, as: await person() });
  allow(page, /status of 404/);
  await page.goto("/nowhere");
  await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
  await axe(page, "an address that nobody has");
  await page.getByRole("link", { name: "Go to the notes" }).click();
  await page.getByText("No notes yet.").waitFor();
});

test("a server that is away", async (t) => {
  const page = await visit(t, { path: null, as: await person(), context: { viewport: WIDE } });
  await refuse(page, "/auth/refresh", 502, { code: "unavailable" });
  await page.goto("/");
  await page.getByText("Latchkey cannot be reached. Trying again…").waitFor();
  await look(page, "a server that is away");
});

/**
 * @param {Page} page
 * @param {string | RegExp} text
 */
async function shown(page, text) {
  await page.getByRole("main").getByText(text).waitFor();
}
