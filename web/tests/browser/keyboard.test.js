// The whole story by keyboard alone: everything can be reached, and one sees where one is.

import assert from "node:assert/strict";
import { test } from "node:test";
import { focusIsOn, press, tabTo } from "./harness/keyboard.js";
import { firefox, newPassword } from "./harness/people.js";
import { allow, device, password, person, stranger, visit } from "./harness.js";
import { saved } from "./notes/pages.js";

/** @typedef {import("playwright-core").Page} Page */

test("somebody without a mouse registers, writes, finds, edits, deletes and signs out", async (t) => {
  const page = await visit(t);
  const { username, email } = stranger();
  await register(page, username, email);

  await page.getByText("No notes yet").waitFor();
  await press(page, "n");
  await write(page, "Harbour", "The lamp wants oil.");
  await press(page, "Control+s");
  await saved(page);
  await press(page, "Escape");
  await press(page, "n");
  await write(page, "Boats", "Seven, and one is green.");
  await saved(page);
  await press(page, "Escape");

  const row = (/** @type {string} */ title) => page.getByRole("link", { name: title });
  await press(page, "/");
  await focusIsOn(page, page.getByRole("searchbox"));
  await page.keyboard.type("oil");
  await row("Boats").waitFor({ state: "detached" });
  await tabTo(page, row("Harbour"));
  await press(page, "Enter");
  await tabTo(page, page.getByRole("textbox", { name: "Text" }));
  await page.keyboard.press("Control+End");
  await page.keyboard.type(" Soon.");
  await saved(page);

  await tabTo(page, page.getByRole("button", { name: "Delete" }), "Shift+Tab");
  await press(page, "Enter");
  await row("Harbour").waitFor({ state: "detached" });
  await press(page, "u");
  await row("Harbour").waitFor();

  await tabTo(page, page.getByRole("searchbox"), "Shift+Tab");
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await row("Boats").waitFor();
  await tabTo(page, row("Boats"));
  await press(page, "j");
  await press(page, "k");
  await press(page, "Enter");
  await tabTo(page, page.getByRole("button", { name: "Delete" }));
  await press(page, "Enter");
  await tabTo(page, page.getByRole("button", { name: "Undo" }));
  await press(page, "Enter");
  await row("Boats").waitFor();

  await press(page, "?");
  const dialog = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await focusIsOn(page, dialog.getByRole("button", { name: "Close" }));
  await press(page, "Escape");
  await dialog.waitFor({ state: "detached" });

  await tabTo(page, page.getByRole("button", { name: "Sign out" }), "Shift+Tab");
  await press(page, "Enter");
  await focusIsOn(page, page.getByLabel("Username or e-mail"));
  await page.keyboard.type(username);
  await tabTo(page, page.getByLabel("Password", { exact: true }));
  await page.keyboard.type(password);
  await press(page, "Enter");
  await row("Boats").waitFor();
});

test("somebody without a mouse looks after their account, and deletes it", async (t) => {
  const ada = await person({ full_name: "Ada Lovelace" });
  await device(ada, { userAgent: firefox });
  const page = await visit(t, { as: ada });
  await tabTo(page, page.getByRole("link", { name: "Account", exact: true }));
  await press(page, "Enter");
  await focusIsOn(page, page.getByRole("heading", { name: "Account", exact: true }));
  const part = (/** @type {string} */ name) => page.getByRole("region", { name, exact: true });

  const profile = part("Profile");
  await tabTo(page, profile.getByLabel("Full name"));
  await page.keyboard.type("Countess of Lovelace");
  await press(page, "Enter");
  await profile.getByText("Saved.").waitFor();

  const change = part("Password");
  await tabTo(page, change.getByLabel("Current password", { exact: true }));
  await page.keyboard.type("not this one");
  await tabTo(page, change.getByLabel("New password", { exact: true }));
  await page.keyboard.type(newPassword);
  allow(page, /status of 403 .* at \/auth\/password/);
  await press(page, "Enter");
  await change.getByText("This is not your password.").waitFor();
  await focusIsOn(page, change.getByLabel("Current password", { exact: true }));
  await page.keyboard.press("Control+a");
  await page.keyboard.type(password);
  await press(page, "Enter");
  await change.getByText("Your password is changed.").waitFor();

  await device({ ...ada, password: newPassword }, { userAgent: firefox });
  await page.reload();
  const devices = part("Devices");
  await tabTo(page, devices.getByRole("button", { name: "Sign out Firefox" }));
  await press(page, "Enter");
  await devices.getByText("Firefox").waitFor({ state: "detached" });
  await tabTo(page, devices.getByRole("button", { name: "Sign out everywhere" }));
  await press(page, "Enter");
  const dialog = page.getByRole("dialog");
  await focusIsOn(page, dialog.getByRole("button", { name: "Cancel" }));
  await press(page, "Escape");
  await dialog.waitFor({ state: "detached" });
  await focusIsOn(page, devices.getByRole("button", { name: "Sign out everywhere" }));

  await tabTo(page, part("Delete account").getByLabel("Password", { exact: true }));
  await page.keyboard.type(newPassword);
  await press(page, "Enter");
  await tabTo(page, dialog.getByRole("button", { name: "Delete account" }));
  await press(page, "Enter");
  await page.waitForURL("**/sign-in");
  await focusIsOn(page, page.getByLabel("Username or e-mail"));
});

/**
 * @param {Page} page
 * @param {string} username
 * @param {string} email
 */
async function register(page, username, email) {
  await tabTo(page, page.getByRole("link", { name: "Create an account" }));
  await press(page, "Enter");
  await focusIsOn(page, page.getByLabel("Username"));
  await page.keyboard.type(username);
  await tabTo(page, page.getByLabel("E-mail"));
  await page.keyboard.type(email);
  await tabTo(page, page.getByLabel("Password", { exact: true }));
  await page.keyboard.type(password);
  await tabTo(page, page.getByRole("button", { name: "Show the password" }));
  await press(page, "Space");
  assert.equal(await page.getByLabel("Password", { exact: true }).getAttribute("type"), "text");
  await tabTo(page, page.getByRole("button", { name: "Create account" }));
  await press(page, "Enter");
  await page.waitForURL("/");
  await focusIsOn(page, page.getByRole("heading", { name: "Notes" }));
}

/**
 * @param {Page} page
 * @param {string} title
 * @param {string} body
 */
async function write(page, title, body) {
  await focusIsOn(page, page.getByRole("textbox", { name: "Title" }));
  await page.keyboard.type(title);
  await press(page, "Enter");
  await focusIsOn(page, page.getByRole("textbox", { name: "Text" }));
  await page.keyboard.type(body);
}
