// What the site may cost a person: bytes and requests.

import assert from "node:assert/strict";
import { test } from "node:test";
import { traffic } from "./harness/traffic.js";
import { device, figure, person, visit } from "./harness.js";

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
