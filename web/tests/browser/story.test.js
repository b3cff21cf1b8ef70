// The whole story, as somebody tells it with a mouse, and nothing like a token left anywhere on the way.

import assert from "node:assert/strict";
import { test } from "node:test";
import { password, stranger, tokenLike, visit } from "./harness.js";
import { saved } from "./notes/pages.js";

test("somebody registers, writes, and keeps everything over a reload", async (t) => {
  const page = await visit(t);
  const { email } = await register(page);
  assert.deepEqual(await tokenLike(page), []);
  await page.getByText("No notes yet").waitFor();

  await write(page, "Harbour", "The lamp wants oil.");
  await write(page, "Boats", "Seven, and one is green.");
  const row = (/** @type {string} */ title) => page.getByRole("link", { name: title });
  await row("Harbour").waitFor();

  await page.getByRole("searchbox", { name: "Search notes" }).fill("green");
  await row("Harbour").waitFor({ state: "detached" });
  await row("Boats").click();
  assert.equal(
    await page.getByRole("textbox", { name: "Text" }).inputValue(),
    "Seven, and one is green.",
  );
  await page.getByRole("searchbox", { name: "Search notes" }).fill("");
  await row("Harbour").click();
  await page.getByRole("textbox", { name: "Text" }).fill("The lamp is lit.");
  await saved(page);

  await page.reload();
  assert.match(page.url(), /\/n\/[0-9a-f-]{36}$/);
  const text = page.getByRole("textbox", { name: "Text" });
  await text.waitFor();
  assert.equal(await text.inputValue(), "The lamp is lit.");
  assert.match(await page.title(), /^Harbour · /);

  await page.getByRole("button", { name: "Delete" }).click();
  await row("Harbour").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Undo" }).click();
  await row("Harbour").waitFor();
  await row("Harbour").click();
  await page.getByRole("button", { name: "Delete" }).click();
  const gone = page.waitForResponse((answer) => answer.request().method() === "DELETE");
  await page.getByRole("button", { name: "Dismiss" }).click();
  assert.equal((await gone).status(), 204);
  assert.deepEqual(await tokenLike(page), []);

  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.waitForURL("**/sign-in");
  assert.equal(await page.getByText("Boats").count(), 0);
  assert.deepEqual(await tokenLike(page), []);

  await page.getByLabel("Username or e-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await row("Boats").waitFor();
  await row("Harbour").waitFor({ state: "detached" });
});

/** @param {import("playwright-core").Page} page */
async function register(page) {
  const { username, email } = stranger();
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Full name").fill("Ada Lovelace");
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.waitForURL("/");
  return { username, email };
}

/**
 * @param {import("playwright-core").Page} page
 * @param {string} title
 * @param {string} body
 */
async function write(page, title, body) {
  await page.getByRole("link", { name: "New note" }).click();
  await page.getByRole("textbox", { name: "Title" }).fill(title);
  await page.getByRole("textbox", { name: "Text" }).fill(body);
  await saved(page);
}
