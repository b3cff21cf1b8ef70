// Notes while something is away: a server, the sign-in, the storage. Nothing that was typed is lost.
// system: own

import assert from "node:assert/strict";
import { test } from "node:test";
import { allow, axe, device, person, signIn, system, tab, tokenLike, visit } from "./harness.js";
import { bodies, bodyOf, draftsIn, saved, told, until, write } from "./notes/pages.js";

/** What the browser itself says of servers that are away. */
const AWAY = /status of (502|503|504)/;
const LOST = /ERR_(CONNECTION_RESET|CONNECTION_REFUSED|EMPTY_RESPONSE)/;
const CHANGED = /status of 412/;
const ENDED = /status of 401/;

test("a service that is restarted while somebody writes loses nothing", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: "/n/new", as: ada });
  allow(page, AWAY, LOST, CHANGED);
  await write(page, "one");
  await saved(page);
  await system.kill("notes-apis");
  await write(page, "one two");
  await told(page, "Kept on this device: Latchkey is away");
  await axe(page, "a note while the service is away");
  await write(page, "one two three");
  await system.start("notes-apis");
  await saved(page);
  assert.deepEqual(await bodies(await device(ada)), ["one two three"]);
  assert.equal(await draftsIn(page), 0);
});

test("a gateway that is restarted while somebody writes loses nothing", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: "/n/new", as: ada });
  allow(page, AWAY, LOST);
  await write(page, "begun");
  await system.stop("gateway");
  await write(page, "begun and gone on with");
  await told(page, "Kept on this device: Latchkey is away");
  await system.start("gateway");
  await saved(page);
  assert.deepEqual(await bodies(await device(ada)), ["begun and gone on with"]);
});

test("a browser that lost its cookies has lost no text", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: "/n/new", as: ada });
  allow(page, AWAY, ENDED);
  await system.stop("notes-apis");
  await write(page, "typed while the cookies were lost");
  await told(page, "Kept on this device: Latchkey is away");
  await page.context().clearCookies();
  await page.waitForURL("**/sign-in");
  assert.equal(await draftsIn(page), 1);

  await system.start("notes-apis");
  await signIn(page, ada);
  await page.getByRole("link", { name: "typed while the cookies were lost" }).waitFor();
  await until(async () => (await draftsIn(page)) === 0);
  assert.deepEqual(await bodies(await device(ada)), ["typed while the cookies were lost"]);
});

test("what was not saved when somebody was signed out is saved when they are back", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: "/n/new", as: ada });
  allow(page, AWAY, ENDED, /status of 409|aborted/);
  await page.getByLabel("Title").fill("Left over");
  await saved(page);
  await system.stop("notes-apis");
  await write(page, "typed before the end");
  await told(page, "Kept on this device: Latchkey is away");
  const elsewhere = await device(ada);
  await elsewhere.call("POST", "/auth/logout", { scope: "others" });
  await page.waitForURL("**/sign-in");
  assert.equal(await page.getByText("typed before the end").count(), 0);
  assert.equal(await draftsIn(page), 1);
  await system.start("notes-apis");

  const eve = await person();
  await signIn(page, eve);
  await page.getByText("No notes yet.").waitFor();
  assert.equal(await draftsIn(page), 1);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/sign-in");
  assert.equal(await draftsIn(page), 1);

  await signIn(page, ada);
  await page.getByRole("link", { name: "Left over typed before the end" }).waitFor();
  await page.waitForFunction(() => !Object.keys(localStorage).some((key) => /draft/.test(key)));
  assert.deepEqual(await bodies(elsewhere), ["typed before the end"]);
  assert.deepEqual(await tokenLike(page), []);
});

test("who signs out is asked about what is not saved, in whichever tab it is", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: "/n/new", as: ada });
  allow(page, AWAY);
  await system.stop("notes-apis");
  await write(page, "not saved");
  await told(page, "Kept on this device: Latchkey is away");
  const other = await tab(page.context(), "/");
  await other.getByRole("button", { name: "Sign out" }).click();
  await other.getByRole("heading", { name: "Not everything is saved" }).waitFor();
  await axe(other, "what is not saved");
  await other.getByRole("button", { name: "Stay signed in" }).click();
  assert.equal(await bodyOf(page), "not saved");
  assert.equal(await draftsIn(page), 1);

  await other.getByRole("link", { name: "Account" }).click();
  await other.getByRole("button", { name: "Sign out", exact: true }).click();
  await other.getByRole("button", { name: "Sign out and discard" }).click();
  for (const either of [page, other]) {
    await either.waitForURL("**/sign-in");
    assert.equal(await draftsIn(either), 0);
  }
  await system.start("notes-apis");
  assert.deepEqual(await bodies(await device(ada)), []);
});

test("on the account's page, too, texts are saved, and nothing is left of them after signing out", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: "/n/new", as: ada });
  allow(page, AWAY);
  await system.stop("notes-apis");
  await write(page, "left behind");
  await told(page, "Kept on this device: Latchkey is away");
  const context = page.context();
  await page.close();
  const other = await tab(context, "/account");
  await system.start("notes-apis");
  const elsewhere = await device(ada);
  await until(async () => (await bodies(elsewhere)).length > 0);
  await other.getByRole("button", { name: "Sign out", exact: true }).click();
  await other.waitForURL("**/sign-in");
  assert.deepEqual(await bodies(elsewhere), ["left behind"]);
  assert.equal(await draftsIn(other), 0);
});

test("signing out saves first what can be saved", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: "/n/new", as: ada });
  await write(page, "at the last moment");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/sign-in");
  assert.deepEqual(await bodies(await device(ada)), ["at the last moment"]);
  assert.equal(await draftsIn(page), 0);
});

test("a page that is left sends what was just typed", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: "/n/new", as: ada });
  await write(page, "and gone");
  await page.goto("about:blank");
  const elsewhere = await device(ada);
  await until(async () => (await bodies(elsewhere)).length > 0);
  assert.deepEqual(await bodies(elsewhere), ["and gone"]);
  await page.goto("/");
  await page.getByRole("link", { name: "and gone" }).waitFor();
  await page.waitForFunction(() => !Object.keys(localStorage).some((key) => /draft/.test(key)));
  assert.equal((await bodies(elsewhere)).length, 1);
});

test("a page that comes back with the back button goes on with what was typed", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: "/n/new", as: ada });
  allow(page, AWAY);
  await system.stop("notes-apis");
  await write(page, "typed before");
  await told(page, "Kept on this device: Latchkey is away");
  await page.evaluate(() => Object.assign(window, { isFromCache: true }));
  await page.goto("/api-docs/");
  await page.goBack({ waitUntil: "commit" });
  assert.ok(await page.evaluate(() => Reflect.get(window, "isFromCache")));
  await page.waitForFunction(() => document.querySelector("textarea")?.value === "typed before");
  await write(page, "typed before and after");
  await system.start("notes-apis");
  await saved(page);
  assert.deepEqual(await bodies(await device(ada)), ["typed before and after"]);
});

test("a storage that takes nothing is told of, and the tab not closed without a question", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: null, as: ada });
  allow(page, AWAY);
  await page.addInitScript(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
  });
  await page.goto("/n/new");
  await system.stop("notes-apis");
  await write(page, "nowhere but here");
  await page.locator(".note-notice").getByText("This browser keeps nothing").waitFor();
  await told(page, "Not saved. Keep this tab open.");
  await axe(page, "a storage that takes nothing");
  const asked = page.waitForEvent("dialog");
  const closing = page.close({ runBeforeUnload: true });
  const dialog = await asked;
  assert.equal(dialog.type(), "beforeunload");
  await dialog.dismiss();
  await closing;
  await system.start("notes-apis");
  await saved(page);
  assert.deepEqual(await bodies(await device(ada)), ["nowhere but here"]);
});
