// What the site may cost a person: bytes, requests, and things that jump while they read.

import assert from "node:assert/strict";
import { test } from "node:test";
import { shifts, watchShifts } from "./harness/shifts.js";
import { traffic } from "./harness/traffic.js";
import { device, figure, person, signIn, visit } from "./harness.js";

/** Bytes of the first page with all that belongs to it, heads and all, compressed. */
const FIRST_PAGE = 60_000;
const FIRST_PAGE_WITH_NOTES = 125_000;

const TITLE = "The lamp in the seventh harbour";

/** Somebody with so many notes. @param {number} count */
async function writer(count) {
  const ada = await person();
  const elsewhere = await device(ada);
  for (let number = count; number > 0; number -= 1) {
    const title = number === 1 ? TITLE : `Note ${number}`;
    const { status } = await elsewhere.call("POST", "/notes", { title, body: "Oil. ".repeat(99) });
    assert.equal(status, 201);
  }
  return ada;
}

test("a stranger's first page is small, and the second visit asks for the document alone", async (t) => {
  const page = await visit(t, { path: null });
  const first = await traffic(page);
  await page.goto("/");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  figure(`first page, signed out: ${first.bytes()} bytes in ${first.asked().length} requests`);
  assert.ok(first.bytes() > 5_000 && first.bytes() < FIRST_PAGE, `${first.bytes()} bytes`);

  const again = await page.context().newPage();
  const second = await traffic(again);
  await again.goto("/");
  await again.getByRole("heading", { name: "Sign in" }).waitFor();
  figure(`second visit, signed out: ${second.bytes()} bytes for ${second.asked().join(" ")}`);
  assert.deepEqual(second.asked(), ["/"]);
});

test("with twenty notes in the list it is still small", async (t) => {
  const page = await visit(t, { path: null, as: await writer(20) });
  const first = await traffic(page);
  await page.goto("/");
  await page.getByText(TITLE).waitFor();
  figure(`first page, with 20 notes: ${first.bytes()} bytes in ${first.asked().length} requests`);
  assert.ok(first.bytes() < FIRST_PAGE_WITH_NOTES, `${first.bytes()} bytes`);

  const again = await page.context().newPage();
  const second = await traffic(again);
  await again.goto("/");
  await again.getByText(TITLE).waitFor();
  const files = second.asked().filter((path) => path.startsWith("/site/"));
  assert.deepEqual(files, []);
  figure(`second visit, with 20 notes: ${second.bytes()} bytes for ${second.asked().join(" ")}`);
});

for (const viewport of [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
]) {
  test(`nothing jumps while pages open, ${viewport.width} pixels wide`, async (t) => {
    const ada = await writer(5);
    const page = await visit(t, { path: null, context: { viewport } });
    await watchShifts(page);
    await page.goto("/");
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    assert.deepEqual(await shifts(page), [], "loading");

    await signIn(page, ada);
    await page.getByText(TITLE).waitFor();
    assert.deepEqual(await shifts(page), [], "signing in");

    await page.reload();
    await page.getByText(TITLE).waitFor();
    assert.deepEqual(await shifts(page), [], "loading notes");

    await page.getByText(TITLE).click();
    await page.getByRole("textbox", { name: "Title" }).waitFor();
    assert.deepEqual(await shifts(page), [], "opening a note");

    await page.reload();
    await page.getByRole("textbox", { name: "Title" }).waitFor();
    assert.deepEqual(await shifts(page), [], "loading a note");

    await page.goto("/account");
    await page.getByRole("region", { name: "Delete account" }).waitFor();
    assert.deepEqual(await shifts(page), [], "loading the account");
  });
}
