import assert from "node:assert/strict";
import { test } from "node:test";
import { Drafts } from "../../app/notes/drafts.js";
import { MemoryStorage } from "./notes-model.js";

/**
 * @param {Partial<import('../../app/notes/drafts.js').Draft>} [parts]
 * @returns {import('../../app/notes/drafts.js').Draft}
 */
function draft(parts) {
  const blank = { id: "d", note: null, base: null, title: "", body: "", sent: [] };
  return { ...blank, tab: "one", changed: 1, ...parts };
}

test("drafts of tabs that are gone are taken up by one", () => {
  const storage = new MemoryStorage();
  const [one, two, three] = ["one", "two", "three"].map(
    (tab) => new Drafts({ storage, subject: "ada", tab }),
  );
  one?.write(draft({ id: "a", body: "of one", changed: 2 }));
  two?.write(draft({ id: "b", body: "of two", changed: 1 }));
  assert.deepEqual(three?.takeUp(new Set(["one", "two"])), []);
  assert.deepEqual(
    three?.takeUp(new Set(["two", "three"])).map(({ body }) => body),
    ["of one"],
  );
  assert.ok(three?.owns("a"));
  assert.ok(!one?.owns("a"));
  assert.deepEqual(two?.takeUp(new Set(["two", "three"])), []);
  assert.deepEqual(
    two?.takeUp(new Set(["two"])).map(({ body }) => body),
    ["of one"],
  );
});

test("nobody sees another person's drafts", () => {
  const storage = new MemoryStorage();
  const ada = new Drafts({ storage, subject: "ada", tab: "one" });
  const adam = new Drafts({ storage, subject: "adam", tab: "two" });
  ada.write(draft({ id: "a" }));
  assert.deepEqual(adam.all(), []);
  assert.deepEqual(adam.takeUp(new Set()), []);
  adam.clear();
  assert.equal(ada.all().length, 1);
  adam.write(draft({ id: "b" }));
  ada.clear();
  assert.deepEqual(ada.all(), []);
  assert.equal(adam.all().length, 1);
});

test("whatever else stands in the storage is no draft", () => {
  const storage = new MemoryStorage();
  const drafts = new Drafts({ storage, subject: "ada", tab: "one" });
  const good = draft({ base: { version: 1, print: "p" }, note: "n" });
  const bad = [
    "",
    "{",
    "null",
    "[]",
    "7",
    ...[
      { ...good, title: 1 },
      { ...good, base: null },
      { ...good, base: { version: "1", print: "p" } },
      { ...good, note: null },
      { ...good, sent: "p" },
      { ...good, sent: [1] },
      { ...good, changed: "now" },
      { ...good, tab: undefined },
    ].map((odd) => JSON.stringify(odd)),
  ];
  for (const [index, text] of bad.entries()) storage.setItem(`latchkey.draft.ada.${index}`, text);
  assert.deepEqual(drafts.all(), []);
  drafts.write(good);
  assert.deepEqual(drafts.all(), [good]);
  drafts.clear();
  assert.equal(storage.length, 0);
});

test("a storage that is full or forbidden is told of", () => {
  const storage = new MemoryStorage();
  const drafts = new Drafts({ storage, subject: "ada", tab: "one" });
  storage.room = 300;
  drafts.write(draft({ body: "short" }));
  assert.ok(drafts.kept);
  drafts.write(draft({ body: "long".repeat(100) }));
  assert.ok(!drafts.kept);
  drafts.write(draft({ body: "short again" }));
  assert.ok(drafts.kept);
  assert.ok(!new Drafts({ storage: null, subject: "ada", tab: "one" }).kept);
});
