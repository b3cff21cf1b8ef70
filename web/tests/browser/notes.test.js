// Notes, as people write them, search them and delete them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { allow, axe, device, hold, lose, person, tab, visit } from "./harness.js";
import { bodies, bodyOf, draftsIn, open, saved, told, until, write } from "./notes/pages.js";

/** @import { Page } from "playwright-core" */
/** @import { Device } from "./harness/people.js" */

/** What the browser itself says of an answer that did not come. */
const LOST = /ERR_CONNECTION_RESET/;
const CHANGED = /status of 412/;
const MISSING = /status of 404/;

test("a note is saved while it is written, and is there after a reload", async (t) => {
  const ada = await person();
  const page = await visit(t, { as: ada });
  await page.getByText("No notes yet.").waitFor();
  await axe(page, "no notes");
  await page.getByRole("link", { name: "New note" }).click();
  await page.waitForURL("**/n/new");
  assert.ok(await page.getByLabel("Title").evaluate((field) => field === document.activeElement));
  await axe(page, "a new note");
  await page.getByLabel("Text").pressSequentially("Milk\nEggs");
  await saved(page);
  await page.waitForURL(/\/n\/[0-9a-f-]{36}$/);
  await page.getByLabel("Title").fill("Shopping");
  await saved(page);
  await page.getByRole("link", { name: "Shopping Milk" }).waitFor();
  await axe(page, "a saved note");
  await page.reload();
  await page.getByRole("heading", { name: "Shopping" }).waitFor();
  assert.equal(await bodyOf(page), "Milk\nEggs");
  assert.equal(await page.title(), "Shopping · Latchkey");
  assert.deepEqual(await bodies(await device(ada)), ["Milk\nEggs"]);
});

test("a note without a title is called by its first line", async (t) => {
  const page = await visit(t, { path: "/n/new", as: await person() });
  await write(page, "\n  Milk and honey\nand more");
  await saved(page);
  await page.getByRole("link", { name: "Milk and honey and more" }).waitFor();
  assert.equal(await page.getByLabel("Title").inputValue(), "");
  await page.reload();
  await page.getByRole("heading", { name: "Milk and honey" }).waitFor();
});

test("a lost reply to the first save makes no second note", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: "/n/new", as: ada });
  allow(page, LOST);
  const lost = await lose(page, "/notes", { method: "POST", times: 2 });
  await write(page, "only one");
  await saved(page);
  assert.deepEqual(lost.statuses, [201, 201]);
  assert.deepEqual(await bodies(await device(ada)), ["only one"]);
  assert.equal(await page.locator(".note-row").count(), 1);
});

test("a lost reply to a later save is no conflict", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: "/n/new", as: ada });
  allow(page, LOST, CHANGED);
  await write(page, "one");
  await saved(page);
  const lost = await lose(page, /^\/notes\/./, { method: "PUT" });
  await write(page, "one two");
  await told(page, "Kept on this device: Latchkey is away");
  await write(page, "one two three");
  await saved(page);
  assert.deepEqual(lost.statuses, [200]);
  assert.deepEqual(await bodies(await device(ada)), ["one two three"]);
  assert.equal(await page.getByText("changed elsewhere").count(), 0);
});

test("what was typed outlives reloads and tabs while it cannot be saved", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: "/n/new", as: ada });
  allow(page, LOST);
  let isAway = true;
  await page.context().route("**/notes*", (route) => {
    const isSave = route.request().method() !== "GET";
    return isAway && isSave ? route.abort("connectionreset") : route.fallback();
  });
  await page.getByLabel("Title").fill("Kept");
  await write(page, "typed in vain");
  await told(page, "Kept on this device: Latchkey is away");
  await page.getByRole("link", { name: "Kept typed in vain Not saved yet" }).waitFor();
  await axe(page, "an unsaved note");

  await page.reload();
  await told(page, "Kept on this device: Latchkey is away");
  assert.equal(await bodyOf(page), "typed in vain");

  const context = page.context();
  await page.close();
  const other = await tab(context);
  await other.getByRole("link", { name: "Kept typed in vain Not saved yet" }).click();
  assert.equal(await bodyOf(other), "typed in vain");

  // What a closing page sends is out of the test's reach: it may have arrived, which makes no second note.
  isAway = false;
  await other.evaluate(() => dispatchEvent(new Event("online")));
  await saved(other);
  assert.deepEqual(await bodies(await device(ada)), ["typed in vain"]);
  assert.equal(await draftsIn(other), 0);
});

for (const [choice, here, notes] of /** @type {const} */ ([
  ["Keep mine", "mine", ["mine"]],
  ["Take theirs", "theirs", ["theirs"]],
  ["Keep both", "theirs", ["mine", "theirs"]],
])) {
  test(`of two texts of one note neither is lost: ${choice}`, async (t) => {
    const ada = await person();
    const page = await visit(t, { path: "/n/new", as: ada });
    allow(page, CHANGED);
    await write(page, "the beginning");
    await saved(page);
    const other = await tab(page.context(), new URL(page.url()).pathname);
    await other.getByLabel("Text").waitFor();
    const held = await hold(page, /^\/notes\/./, { method: "PUT" });
    await write(page, "mine");
    await told(page, "Saving…");
    const elsewhere = await device(ada);
    await overwrite(elsewhere, page, "theirs");
    held.release();

    const heading = page.getByRole("heading", { name: "This note was changed elsewhere" });
    await heading.waitFor();
    assert.ok(await heading.evaluate((element) => element === document.activeElement));
    assert.equal(await page.locator(".conflict-theirs mark").innerText(), "theirs");
    assert.equal(await page.locator(".conflict-mine mark").innerText(), "mine");
    if (choice === "Keep mine") await axe(page, "a conflict");
    assert.deepEqual(await bodies(elsewhere), ["theirs"]);

    await page.getByRole("button", { name: choice }).click();
    await saved(page);
    assert.equal(await bodyOf(page), here);
    await page
      .locator(".note-row")
      .nth(notes.length - 1)
      .waitFor();
    await page.getByText("Not saved yet").waitFor({ state: "detached" });
    assert.deepEqual((await bodies(elsewhere)).sort(), notes);
    assert.equal(await draftsIn(page), 0);
  });
}

test("what another tab writes appears, and what was typed here is not replaced by it", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: "/n/new", as: ada });
  allow(page, CHANGED);
  await write(page, "one");
  await saved(page);
  const other = await tab(page.context(), new URL(page.url()).pathname);
  await other.getByLabel("Text").waitFor();
  await write(other, "one two");
  await saved(other);
  await page.waitForFunction(() => document.querySelector("textarea")?.value === "one two");
  await page.getByText("You see it as it is now.").waitFor({ state: "attached" });

  await page.getByLabel("Text").evaluate((field) => {
    Object.assign(field, { value: "mine" });
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await write(other, "theirs");
  await Promise.any([page, other].map((either) => either.getByText("Nothing is lost.").waitFor()));
  const texts = await bodies(await device(ada));
  assert.equal(texts.length, 1);
  assert.ok(["mine", "theirs"].includes(texts[0] ?? ""));
});

test("a deleted note is back when that is undone, and gone when it is not", async (t) => {
  const ada = await person();
  const elsewhere = await device(ada);
  await add(elsewhere, "One", "Two", "Three");
  const page = await visit(t, { as: ada });
  await open(page, "Two");
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByText("“Two” deleted.").first().waitFor();
  await axe(page, "a deleted note");
  assert.deepEqual(await titles(page), ["Three", "One"]);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("link", { name: "Two" }).waitFor();
  assert.deepEqual(await titles(page), ["Three", "Two", "One"]);

  await open(page, "Two");
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByText("“Two” deleted.").first().waitFor();
  await page.keyboard.press("u");
  await page.getByRole("link", { name: "Two" }).waitFor();
  assert.equal((await bodies(elsewhere)).length, 3);

  await open(page, "Two");
  await page.getByRole("button", { name: "Delete" }).click();
  const deleted = page.waitForResponse((response) => response.request().method() === "DELETE");
  await page.getByRole("button", { name: "Dismiss" }).last().click();
  assert.equal((await deleted).status(), 204);
  assert.deepEqual(await titles(page), ["Three", "One"]);

  await open(page, "One");
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByText("“One” deleted.").first().waitFor();
  await page.goto("about:blank");
  await until(async () => (await bodies(elsewhere)).length === 1);
});

test("a note that was written elsewhere meanwhile is not deleted", async (t) => {
  const ada = await person();
  const elsewhere = await device(ada);
  await add(elsewhere, "One");
  const page = await visit(t, { as: ada });
  allow(page, CHANGED);
  await open(page, "One");
  const address = page.url();
  await page.getByRole("button", { name: "Delete" }).click();
  await overwrite(elsewhere, { url: () => address }, "important");
  await page.getByRole("button", { name: "Dismiss" }).click();
  await page.getByText("was changed elsewhere, so it was not deleted").first().waitFor();
  await page.getByRole("link", { name: "One important" }).waitFor();
  assert.deepEqual(await bodies(elsewhere), ["important"]);
});

test("a note that was deleted elsewhere can be kept", async (t) => {
  const ada = await person();
  const elsewhere = await device(ada);
  await add(elsewhere, "One", "Two");
  const page = await visit(t, { as: ada });
  allow(page, MISSING);
  for (const title of ["One", "Two"]) {
    await open(page, title);
    await elsewhere.call("DELETE", `/notes/${idIn(page)}`);
    await write(page, `what is left of ${title}`);
    await page.getByText("This note was deleted elsewhere.").first().waitFor();
    await axe(page, "a note that is gone");
    if (title === "One") {
      await page.getByRole("button", { name: "Keep it as a new note" }).click();
      await saved(page);
    } else {
      await page.getByRole("button", { name: "Let it go" }).click();
      await page.waitForURL("**/");
    }
  }
  assert.deepEqual(await bodies(elsewhere), ["what is left of One"]);
  assert.deepEqual(await titles(page), ["One"]);
  assert.equal(await draftsIn(page), 0);
});

test("an address that leads nowhere says so", async (t) => {
  const page = await visit(t, { path: `/n/${crypto.randomUUID()}`, as: await person() });
  allow(page, MISSING);
  await page.getByText("There is no such note, or it was deleted.").first().waitFor();
  await axe(page, "no such note");
});

test("the search follows what is typed, whatever order the answers come in", async (t) => {
  const ada = await person();
  await add(await device(ada), "Milk", "Mill", "Moon");
  const page = await visit(t, { as: ada });
  await page.getByRole("link", { name: "Moon" }).waitFor();
  let release = () => {};
  const held = /** @type {Promise<void>} */ (
    new Promise((resolve) => {
      release = resolve;
    })
  );
  await page.route(/query=mil$/, async (route) => {
    await held;
    await route.continue().catch(() => {});
  });
  const search = page.getByLabel("Search notes");
  const first = page.waitForRequest(/query=mil$/);
  await search.pressSequentially("mil");
  await first;
  assert.deepEqual(await titles(page), ["Moon", "Mill", "Milk"]);
  await search.pressSequentially("k");
  await page.getByRole("link", { name: "Mill" }).waitFor({ state: "detached" });
  assert.deepEqual(await titles(page), ["Milk"]);
  release();
  await page.getByText("1 note found.").waitFor({ state: "attached" });
  assert.deepEqual(await titles(page), ["Milk"]);

  await search.fill("nowhere");
  await page.getByText("Nothing found for “nowhere”.").waitFor();
  await axe(page, "nothing found");
  await search.fill("");
  await page.getByRole("link", { name: "Moon" }).waitFor();
});

test("more notes come when they are asked for", async (t) => {
  const ada = await person();
  const elsewhere = await device(ada);
  await add(elsewhere, ...Array.from({ length: 23 }, (_, index) => `Note ${index + 1}`));
  const page = await visit(t, { as: ada });
  await page.getByRole("button", { name: "Show more" }).click();
  await page.locator(".note-row").nth(22).waitFor();
  const focused = await page.evaluate(() => document.activeElement?.textContent);
  assert.match(focused ?? "", /^Note 3/);
  assert.equal(await page.getByRole("button", { name: "Show more" }).count(), 0);
});

test("whatever a note says, it is text", async (t) => {
  const ada = await person();
  const evil = `<img src=x onerror="document.title='pwned'"><script>alert(1)</script>`;
  const elsewhere = await device(ada);
  await elsewhere.call("POST", "/notes", { title: evil, body: `${evil}\n&lt;b&gt;` });
  const page = await visit(t, { as: ada });
  allow(page, CHANGED);
  await page.locator(".note-row").click();
  await page.getByRole("heading", { name: evil }).waitFor();
  assert.equal(await bodyOf(page), `${evil}\n&lt;b&gt;`);
  const held = await hold(page, /^\/notes\/./, { method: "PUT" });
  await write(page, `${evil} mine`);
  await told(page, "Saving…");
  await overwrite(elsewhere, page, `${evil} theirs`, evil);
  held.release();
  await page.getByRole("button", { name: "Keep both" }).click();
  await page.locator(".note-row").nth(1).waitFor();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByLabel("Search notes").fill("<script>");
  await page.waitForFunction(() => document.querySelectorAll(".note-row").length > 0);
  assert.equal(await page.locator("main img, main script, .toasts img").count(), 0);
  assert.notEqual(await page.title(), "pwned");
});

test("a text that is too long is kept, and saved when it is shorter", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: "/n/new", as: ada });
  const title = page.getByLabel("Title");
  await title.fill("🦀".repeat(190));
  await page.getByText("190 of 200 characters", { exact: true }).waitFor();
  await title.fill("🦀".repeat(201));
  await page.getByText("201 of 200 characters. Shorten it").waitFor();
  await told(page, "Not saved");
  assert.equal(await title.getAttribute("aria-invalid"), "true");
  await axe(page, "a title that is too long");
  assert.equal(await draftsIn(page), 1);
  await title.fill("🦀".repeat(200));
  await saved(page);
});

test("all of it goes by keyboard", async (t) => {
  const ada = await person();
  const elsewhere = await device(ada);
  await add(elsewhere, "One", "Two", "Three");
  const page = await visit(t, { as: ada });
  await page.getByRole("link", { name: "Three" }).waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
  await page.keyboard.press("j");
  assert.match(await focused(), /^Three/);
  await page.keyboard.press("j");
  await page.keyboard.press("ArrowDown");
  assert.match(await focused(), /^One/);
  await page.keyboard.press("k");
  assert.match(await focused(), /^Two/);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Two" }).waitFor();
  assert.equal(await focused(), "Two");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Control+End");
  // Keys that are shortcuts elsewhere are letters here.
  await page.keyboard.type("junk / u n?");
  await page.keyboard.press("Control+s");
  await saved(page);
  assert.deepEqual((await bodies(elsewhere)).filter(Boolean), ["junk / u n?"]);
  await page.keyboard.press("Escape");
  assert.match(await focused(), /^Two/);
  await page.keyboard.press("/");
  await page.keyboard.type("thr");
  await page.getByRole("link", { name: "Two" }).waitFor({ state: "detached" });
  await page.keyboard.press("ArrowDown");
  assert.match(await focused(), /^Three/);
  await page.keyboard.press("n");
  await page.waitForURL("**/n/new");
  await page.keyboard.type("Four");
  await page.keyboard.press("Enter");
  await page.keyboard.type("by keyboard");
  await saved(page);
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await page.getByRole("heading", { name: "Keyboard shortcuts" }).waitFor();
  await axe(page, "the shortcuts");
  await page.keyboard.press("Escape");
});

test("a list that cannot be had can be asked for again", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: null, as: ada });
  allow(page, LOST, /status of 429/);
  let answer = "lost";
  await page.context().route(/\/notes\?/, (route) => {
    if (answer === "lost") return route.abort("connectionreset");
    if (answer === "given") return route.fallback();
    return route.fulfill({
      status: 429,
      headers: { "Content-Type": "application/problem+json", "Retry-After": "2" },
      body: JSON.stringify({ status: 429, code: "rate_limited", detail: "Too many calls." }),
    });
  });
  await page.goto("/");
  const failed = page.locator(".note-failed");
  await failed.getByText("Latchkey cannot be reached.").waitFor();
  await axe(page, "no list");
  answer = "throttled";
  await page.getByRole("button", { name: "Try again" }).click();
  await failed.getByText("You can try again in").waitFor();
  answer = "given";
  await page.getByText("No notes yet.").waitFor();
  assert.ok(await failed.isHidden());
});

test("a narrow window shows one thing at a time", async (t) => {
  const ada = await person();
  await add(await device(ada), "One", "Two");
  const page = await visit(t, { as: ada, context: { viewport: { width: 320, height: 640 } } });
  await open(page, "One");
  assert.ok(!(await page.getByLabel("Search notes").isVisible()));
  await noSidewaysScrolling(page);
  await axe(page, "a note in a narrow window");
  await page.getByRole("link", { name: "Notes", exact: true }).last().click();
  await page.getByLabel("Search notes").waitFor();
  assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ""), /^One/);
  await noSidewaysScrolling(page);
  await open(page, "Two");
  await page.keyboard.press("Escape");
  await page.waitForURL("**/");
});

/**
 * @param {Device} on
 * @param {...string} named
 */
async function add(on, ...named) {
  for (const title of named) await on.call("POST", "/notes", { title, body: "" });
}

/**
 * Writes the note that a page shows, as another device.
 *
 * @param {Device} on
 * @param {{url(): string}} page
 * @param {string} body
 * @param {string} [title]
 */
async function overwrite(on, page, body, title) {
  const path = `/notes/${idIn(page)}`;
  const { data } = await on.call("GET", path);
  const { status } = await on.call("PUT", path, { title: title ?? data.title, body });
  assert.equal(status, 200);
}

/** @param {{url(): string}} page */
function idIn(page) {
  return new URL(page.url()).pathname.slice("/n/".length);
}

/** @param {Page} page */
function titles(page) {
  return page.locator(".note-row-title").allInnerTexts();
}

/** @param {Page} page */
async function noSidewaysScrolling(page) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${wide} px too wide`);
}
