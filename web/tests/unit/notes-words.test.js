import assert from "node:assert/strict";
import { test } from "node:test";
import { rowsOf } from "../../app/notes/rows.js";
import { statusOf } from "../../app/notes/status.js";
import { ago } from "../../app/when.js";
import { problem } from "./notes-model.js";

/** @import { Note } from '../../app/notes/api.js' */

/**
 * @param {string} id
 * @param {string} [body]
 * @returns {Note}
 */
function note(id, body = "") {
  return { id, title: id, body, version: 1, created_at: "then", updated_at: "then" };
}

/** @param {Partial<import('../../app/notes/saver.js').Saver>} parts */
function saver(parts) {
  const blank = { id: "draft", note: null, content: { title: "", body: "" }, obstacle: null };
  return /** @type {import('../../app/notes/saver.js').Saver} */ ({ ...blank, ...parts });
}

test("the list shows what was typed instead of what was saved, and what was not saved at all", () => {
  const notes = [note("c"), note("b", "old"), note("a", "\nfirst\nsecond")];
  const unsaved = [
    saver({ id: "d1", note: "b", content: { title: "", body: "Milk\n\nEggs" } }),
    saver({ id: "d2", content: { title: "Plan", body: "" } }),
    saver({
      id: "d3",
      note: "older",
      content: { title: "Old", body: "" },
      obstacle: { kind: "gone" },
    }),
  ];
  const desk = { unsaved, hides: (/** @type {string} */ id) => id === "c" };
  const rows = [
    { id: "d2", title: "Plan", line: "", updated: null, mark: "Not saved yet" },
    { id: "older", title: "Old", line: "", updated: null, mark: "Deleted elsewhere" },
    { id: "b", title: "Milk", line: "Eggs", updated: "then", mark: "Not saved yet" },
    { id: "a", title: "a", line: "first", updated: "then", mark: null },
  ];
  assert.deepEqual(rowsOf(notes, desk, false), rows);
  assert.deepEqual(rowsOf(notes, desk, true), rows.slice(2));
});

test("it is said where a text is, whatever happens to its saving", () => {
  const unreachable = problem(0, "unreachable");
  const throttled = problem(429, "rate_limited", 7);
  const theirs = note("a");
  /** @type {[import('../../app/notes/saver.js').State, object, string][]} */
  const cases = [
    ["saved", {}, "Saved"],
    ["edited", {}, "Edited"],
    ["edited", { endangered: true }, "Not kept on this device"],
    ["saving", {}, "Saving…"],
    ["waiting", { problem: unreachable }, "Kept on this device: Latchkey is away"],
    ["waiting", { problem: problem(503, "unavailable") }, "Kept on this device: Latchkey is away"],
    ["waiting", { problem: throttled }, "Kept on this device: saved in 7 s"],
    ["waiting", { problem: throttled, endangered: true }, "Not saved. Keep this tab open."],
    ["loading", {}, ""],
    ["loading", { problem: unreachable }, "Latchkey cannot be reached. Trying again…"],
    ["blocked", { obstacle: { kind: "conflict", theirs } }, "Changed elsewhere"],
    ["blocked", { obstacle: { kind: "gone" } }, "Deleted elsewhere"],
    ["blocked", { obstacle: { kind: "refused", problem: null, fields: [] } }, "Not saved"],
  ];
  for (const [state, parts, text] of cases) {
    const how = { problem: null, obstacle: null, endangered: false, ...parts, state };
    assert.equal(statusOf(how, { seconds: 7, isOnline: true, isWritten: true }).text, text);
  }
  const waiting = { problem: unreachable, obstacle: null, endangered: false };
  const offline = statusOf(
    { ...waiting, state: "waiting" },
    { seconds: 0, isOnline: false, isWritten: true },
  );
  assert.equal(offline.text, "Kept on this device: offline");
});

test("times are told as people tell them", () => {
  const now = Date.parse("2026-11-21T12:00:00Z");
  const cases = [
    ["2026-11-21T12:00:05Z", "just now"],
    ["2026-11-21T11:59:01Z", "just now"],
    ["2026-11-21T11:59:00Z", "1 minute ago"],
    ["2026-11-21T11:00:01Z", "59 minutes ago"],
    ["2026-11-21T09:00:00Z", "3 hours ago"],
    ["2026-11-20T12:00:00Z", "yesterday"],
    ["2026-11-15T12:00:00Z", "6 days ago"],
    ["2026-11-04T12:00:00Z", "Nov 4"],
    ["2025-11-04T12:00:00Z", "Nov 4, 2025"],
  ];
  for (const [instant = "", text] of cases) assert.equal(ago(instant, now), text);
});
