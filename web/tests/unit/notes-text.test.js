import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asSent,
  fingerprint,
  firstLine,
  isEmpty,
  lengthOf,
  tooLong,
} from "../../app/notes/text.js";
import { numbers } from "./notes-model.js";

test("lengths are counted as the API counts them", () => {
  for (const text of [
    "",
    "a",
    "🦀",
    "a🦀b🦀",
    "\ud83e",
    "\ud83e\ud83e\udd80",
    "日本語",
    "e\u0301",
  ]) {
    assert.equal(lengthOf(text), [...text].length, JSON.stringify(text));
  }
});

test("what is too long is named", () => {
  assert.deepEqual(tooLong({ title: "🦀".repeat(200), body: "🦀".repeat(100_000) }), []);
  assert.deepEqual(tooLong({ title: "a".repeat(201), body: "" }), ["title"]);
  assert.deepEqual(tooLong({ title: "a".repeat(201), body: "a".repeat(100_001) }), [
    "title",
    "body",
  ]);
});

test("a note without a title is called by its first line", () => {
  const cases = /** @type {const} */ ([
    ["Shopping", "Milk", "Shopping"],
    [" Shopping ", "Milk", " Shopping "],
    ["", "Milk\nEggs", "Milk"],
    ["", "\n \t\n\u3000\n  Milk  \nEggs", "Milk"],
    ["\u00a0\t", "Milk\ttoday\r\nEggs", "Milk today"],
    ["", "", "Untitled"],
    ["", "\n\0\n", "Untitled"],
    ["a\tb\u0085c", "", "a b c"],
    ["", `${"🦀".repeat(250)}\nb`, "🦀".repeat(200)],
    ["", `${"a".repeat(199)} b`, "a".repeat(199)],
  ]);
  for (const [title, body, sent] of cases) {
    assert.equal(asSent({ title, body }).title, sent, JSON.stringify([title, body]));
  }
});

test("nothing is sent that the API refuses for what nobody sees", () => {
  assert.deepEqual(asSent({ title: "\ud83e", body: "a\0b\udd80\n🦀" }), {
    title: "\ufffd",
    body: "ab\ufffd\n🦀",
  });
  assert.deepEqual(asSent({ title: "a", body: "\r\n\u0001" }), { title: "a", body: "\r\n\u0001" });
});

test("what is sent is sent unchanged when it comes back", () => {
  const random = numbers(7);
  const pieces = ["a", " ", "\n", "\r", "\0", "\t", "🦀", "\ud83e", "\udd80", "\u0085", "\u3000"];
  for (let round = 0; round < 2_000; round += 1) {
    const text = () => Array.from({ length: random.below(6) }, () => random.oneOf(pieces)).join("");
    const sent = asSent({ title: text(), body: text() });
    assert.deepEqual(asSent(sent), sent);
    assert.match(sent.title, /[^\p{White_Space}\p{Cc}]/u);
  }
});

test("white space alone is nothing", () => {
  assert.ok(isEmpty({ title: " ", body: "\n\u3000\t" }));
  assert.ok(!isEmpty({ title: "", body: "\n." }));
  assert.ok(!isEmpty({ title: ".", body: "" }));
});

test("the first line is one that can be seen", () => {
  assert.equal(firstLine(""), "");
  assert.equal(firstLine("\r\n  a\tb \r\nc"), "a b");
});

test("contents have the same fingerprint if they are the same on the screen", () => {
  const same = fingerprint({ title: "a", body: "b\nc\n\n" });
  assert.equal(fingerprint({ title: "a", body: "b\r\nc\r\n\r\n" }), same);
  assert.equal(fingerprint({ title: "a", body: "b\rc\r\r" }), same);
});

test("contents that differ have different fingerprints", () => {
  const random = numbers(11);
  const seen = new Map();
  for (let round = 0; round < 20_000; round += 1) {
    const text = () =>
      Array.from({ length: random.below(5) }, () => random.oneOf([..."ab"])).join("");
    const content = { title: text(), body: text() };
    const print = fingerprint(content);
    const known = seen.get(print);
    if (known) assert.deepEqual(content, known);
    else seen.set(print, content);
  }
  const long = "x".repeat(50_000);
  const changed = new Set();
  for (let at = 0; at < 2_000; at += 1) {
    changed.add(fingerprint({ title: "", body: `${long.slice(0, at)}y${long.slice(at + 1)}` }));
  }
  assert.equal(changed.size, 2_000);
});
