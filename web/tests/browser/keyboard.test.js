// The whole story by keyboard alone: everything can be reached, and one sees where one is.

import assert from "node:assert/strict";
import { test } from "node:test";
import { focusIsOn, press, tabTo } from "./harness/keyboard.js";
import { password, stranger, visit } from "./harness.js";
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
