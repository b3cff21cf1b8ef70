// The whole story, as somebody tells it with a mouse, and nothing like a token left anywhere on the way.

import assert from "node:assert/strict";
import { test } from "node:test";
import { firefox, newPassword } from "./harness/people.js";
import { allow, device, password, person, stranger, tokenLike, visit } from "./harness.js";
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

test("somebody looks after their account, and deletes it in the end", async (t) => {
  const ada = await person({ full_name: "Ada Lovelace" });
  const other = await device(ada, { userAgent: firefox });
  const page = await visit(t, { as: ada });
  await page.getByRole("link", { name: "Account", exact: true }).click();
  const part = (/** @type {string} */ name) => page.getByRole("region", { name, exact: true });

  const profile = part("Profile");
  await profile.getByLabel("Full name").fill("Countess of Lovelace");
  await profile.getByRole("button", { name: "Save" }).click();
  await profile.getByText("Saved.").waitFor();
  await page.getByRole("banner").getByText("Countess of Lovelace").waitFor();

  const devices = part("Devices");
  await devices.getByText("This device").waitFor();
  await devices.getByRole("button", { name: "Sign out Firefox" }).click();
  await devices.getByText("Firefox").waitFor({ state: "detached" });
  await part("Activity").getByText("Firefox").first().waitFor();
  assert.equal((await other.call("GET", "/auth/sessions")).status, 401);

  const change = part("Password");
  await change.getByLabel("Current password", { exact: true }).fill(password);
  await change.getByLabel("New password", { exact: true }).fill(newPassword);
  await change.getByRole("button", { name: "Change password" }).click();
  await change.getByText("Your password is changed.").waitFor();
  assert.deepEqual(await tokenLike(page), []);

  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.waitForURL("**/sign-in");
  allow(page, /status of 401 .* at \/auth\/login/);
  const signInWith = async (/** @type {string} */ secret) => {
    await page.getByLabel("Username or e-mail").fill(ada.username);
    await page.getByLabel("Password", { exact: true }).fill(secret);
    await page.getByRole("button", { name: "Sign in" }).click();
  };
  const refused = page.getByRole("main").getByText("The name or the password is wrong.");
  await signInWith(password);
  await refused.waitFor();
  await signInWith(newPassword);
  await page.getByRole("link", { name: "Account", exact: true }).click();

  const deletion = part("Delete account");
  await deletion.getByLabel("Password", { exact: true }).fill(newPassword);
  await deletion.getByRole("button", { name: "Delete account" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete account" }).click();
  await page.waitForURL("**/sign-in");
  assert.deepEqual(await tokenLike(page), []);
  await signInWith(newPassword);
  await refused.waitFor();
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
