import assert from "node:assert/strict";
import { test } from "node:test";
import { Catalog } from "../../app/notes/catalog.js";
import { numbers, problem, settle, TurnedClock } from "./notes-model.js";

/** @import { Note, Page } from '../../app/notes/api.js' */

/**
 * @param {string} id
 * @param {string} [title]
 * @returns {Note}
 */
function note(id, title = id) {
  return { id, title, body: "", version: 1, created_at: "", updated_at: "" };
}

/** A catalog whose requests are answered by hand. */
function desk() {
  const clock = new TurnedClock();
  /**
   * @typedef {object} Request
   * @property {{query: string, limit: number, cursor: string | null}} wanted
   * @property {AbortSignal} signal
   * @property {(page: Page) => void} answer
   * @property {(failure: Error) => void} fail
   */
  /** @type {Request[]} */
  const requests = [];
  const catalog = new Catalog({
    clock,
    api: {
      list: (wanted, signal) =>
        new Promise((answer, fail) => {
          requests.push({ wanted, signal, answer, fail });
        }),
    },
  });
  return {
    catalog,
    clock,
    requests,
    last: () => /** @type {Request} */ (requests.at(-1)),
    /** @param {string[]} ids */
    page: (ids, next_cursor = /** @type {string | null} */ (null)) => ({
      notes: ids.map((id) => note(id)),
      next_cursor,
    }),
    ids: () => catalog.notes.map(({ id }) => id),
  };
}

test("a list that could not be had is asked for again, when it may be", async () => {
  for (const [failure, milliseconds] of /** @type {const} */ ([
    [problem(503, "unavailable"), 1_000],
    [problem(429, "rate_limited", 20), 20_000],
  ])) {
    const { catalog, clock, requests, last, page, ids } = desk();
    void catalog.load();
    last().fail(failure);
    await settle();
    assert.equal(catalog.problem, failure);
    await clock.pass(milliseconds / 4);
    assert.equal(requests.length, 1);
    await clock.pass(milliseconds);
    assert.equal(requests.length, 2);
    last().answer(page(["a"]));
    await settle();
    assert.equal(catalog.problem, null);
    assert.deepEqual(ids(), ["a"]);
    await clock.pass(60_000);
    assert.equal(requests.length, 2);
  }
});

test("a list comes a page at a time", async () => {
  const { catalog, last, page, ids } = desk();
  void catalog.load();
  assert.equal(catalog.isLoaded, false);
  last().answer(page(["c", "b"], "after b"));
  await settle();
  assert.deepEqual(ids(), ["c", "b"]);
  assert.ok(catalog.hasMore);
  void catalog.loadMore();
  assert.deepEqual(last().wanted, { query: "", limit: 20, cursor: "after b" });
  last().answer(page(["a"]));
  await settle();
  assert.deepEqual(ids(), ["c", "b", "a"]);
  assert.ok(!catalog.hasMore);
});

test("a search waits for a pause in typing, and what was there stays until it is done", async () => {
  const { catalog, clock, requests, last, page, ids } = desk();
  void catalog.load();
  last().answer(page(["a"]));
  await settle();
  catalog.search("m");
  await clock.pass(149);
  catalog.search(" mi ");
  await clock.pass(149);
  assert.equal(requests.length, 1);
  await clock.pass(1);
  assert.deepEqual(last().wanted, { query: "mi", limit: 20, cursor: null });
  assert.deepEqual([ids(), catalog.query], [["a"], ""]);
  last().answer(page(["b"]));
  await settle();
  assert.deepEqual([ids(), catalog.query], [["b"], "mi"]);
});

test("answers are shown in the order of the questions, whatever order they come in", async () => {
  const random = numbers(5);
  for (let round = 0; round < 200; round += 1) {
    const { catalog, clock, requests, page, ids } = desk();
    /** @param {number} share */
    const answerSome = async (share) => {
      const chosen = requests.filter(() => random.chance(share));
      for (const request of chosen) request.answer(page([request.wanted.query]));
      await settle();
    };
    /** @type {string[]} */
    const shown = [];
    catalog.addEventListener("change", () => shown.push(...ids()));
    for (const text of ["a", "ab", "abc", "abcd", "abcde"]) {
      catalog.search(text);
      await clock.pass(random.oneOf([10, 200]));
      await answerSome(0.3);
    }
    await clock.pass(200);
    await answerSome(1);
    assert.deepEqual(shown, [...shown].sort());
    assert.deepEqual([ids(), catalog.query], [["abcde"], "abcde"]);
  }
});

test("a failed search is told of, and can be tried again; the notes stay", async () => {
  const { catalog, clock, last, page, ids } = desk();
  void catalog.load();
  last().answer(page(["a"]));
  await settle();
  catalog.search("m");
  await clock.pass(150);
  last().fail(problem(503, "unavailable"));
  await settle();
  assert.equal(catalog.problem?.status, 503);
  assert.deepEqual([ids(), catalog.query], [["a"], ""]);
  catalog.retry();
  assert.equal(last().wanted.query, "m");
  last().answer(page([]));
  await settle();
  assert.equal(catalog.problem, null);
  assert.deepEqual([ids(), catalog.query], [[], "m"]);
});

test("news are asked for as far as the list goes, and failures to get them kept to ourselves", async () => {
  const { catalog, clock, requests, last, page, ids } = desk();
  const first = Array.from({ length: 20 }, (_, index) => `n${40 - index}`);
  const second = Array.from({ length: 20 }, (_, index) => `n${20 - index}`);
  void catalog.load();
  last().answer(page(first, "next"));
  await settle();
  void catalog.loadMore();
  last().answer(page(second, "last"));
  await settle();
  for (let news = 0; news < 5; news += 1) catalog.refresh();
  await clock.pass(500);
  assert.equal(requests.length, 3);
  assert.deepEqual(last().wanted, { query: "", limit: 40, cursor: null });
  last().fail(problem(0, "unreachable"));
  await settle();
  assert.equal(catalog.problem, null);
  assert.equal(ids().length, 40);
  catalog.refresh();
  await clock.pass(500);
  last().answer(page(["new", ...first], "next"));
  await settle();
  assert.equal(last().wanted.cursor, "next");
  last().answer(page(second, "last"));
  await settle();
  assert.deepEqual(ids(), ["new", ...first, ...second]);
});

test("a note that was saved here is in the list at once", async () => {
  const { catalog, clock, last, page, ids } = desk();
  void catalog.load();
  last().answer(page(["b", "a"]));
  await settle();
  catalog.place(note("c"));
  assert.deepEqual(ids(), ["c", "b", "a"]);
  catalog.place(note("a", "changed"));
  assert.equal(catalog.notes.at(-1)?.title, "changed");
  catalog.search("b");
  await clock.pass(150);
  last().answer(page(["b"]));
  await settle();
  catalog.place(note("d"));
  assert.deepEqual(ids(), ["b"]);
});
