import assert from "node:assert/strict";
import { test } from "node:test";
import { diff } from "../../app/notes/diff.js";
import { numbers } from "./notes-model.js";

/** @param {import('../../app/notes/diff.js').Line[] | null} lines */
function short(lines) {
  const signs = { same: "=", theirs: "<", mine: ">" };
  return lines?.map(({ kind, text }) => signs[kind] + text);
}

test("lines are the same, theirs or mine", () => {
  assert.deepEqual(short(diff("", "")), ["="]);
  assert.deepEqual(short(diff("a", "a")), ["=a"]);
  assert.deepEqual(short(diff("a", "b")), ["<a", ">b"]);
  assert.deepEqual(short(diff("a\nb\nc", "a\nB\nc")), ["=a", "<b", ">B", "=c"]);
  assert.deepEqual(short(diff("a\nc", "a\nb\nc")), ["=a", ">b", "=c"]);
  assert.deepEqual(short(diff("a\na\na", "a\na")), ["=a", "=a", "<a"]);
  assert.deepEqual(short(diff("a\r\nb", "a\nb")), ["=a", "=b"]);
  assert.deepEqual(short(diff("a\nb\nc\nd", "c\na\nb\nd")), [">c", "=a", "=b", "<c", "=d"]);
});

test("both texts can be read off, and as little differs as can be", () => {
  const random = numbers(3);
  for (let round = 0; round < 500; round += 1) {
    const text = () =>
      Array.from({ length: 1 + random.below(7) }, () => random.oneOf([..."abc"])).join("\n");
    const theirs = text();
    const mine = text();
    const lines = diff(theirs, mine);
    assert.ok(lines);
    /** @param {string} other */
    const without = (other) =>
      lines.flatMap(({ kind, text }) => (kind === other ? [] : [text])).join("\n");
    assert.equal(without("mine"), theirs);
    assert.equal(without("theirs"), mine);
    const same = lines.filter(({ kind }) => kind === "same").length;
    assert.equal(same, longestCommon(theirs.split("\n"), mine.split("\n")));
  }
});

test("long texts that differ a little are compared, and others are not", () => {
  const long = Array.from({ length: 50_000 }, (_, index) => index);
  const changed = long.map((number) => (number === 25_000 ? "changed" : number));
  assert.deepEqual(
    diff(long.join("\n"), changed.join("\n"))?.filter(({ kind }) => kind !== "same"),
    [
      { kind: "theirs", text: "25000" },
      { kind: "mine", text: "changed" },
    ],
  );
  assert.equal(diff(long.join("\n"), long.map((number) => -number - 1).join("\n")), null);
});

/**
 * By trying everything.
 *
 * @param {string[]} one
 * @param {string[]} other
 * @returns {number}
 */
function longestCommon([first, ...one], other) {
  if (first === undefined) return 0;
  const at = other.indexOf(first);
  const without = longestCommon(one, other);
  return at < 0 ? without : Math.max(without, 1 + longestCommon(one, other.slice(at + 1)));
}
