import assert from "node:assert/strict";
import { test } from "node:test";
import { Drafts } from "../../app/notes/drafts.js";
import { Saver } from "../../app/notes/saver.js";
import { fingerprint } from "../../app/notes/text.js";
import { Problem } from "../../latchkey.js";
import { MemoryStorage, ModelServer, problem, TurnedClock } from "./notes-model.js";

/** @import { Note } from '../../app/notes/api.js' */
/** @import { Draft } from '../../app/notes/drafts.js' */
/** @import { Fate } from './notes-model.js' */

const LOST_REPLY = { there: 1, back: null };
const LOST_REQUEST = { there: null, back: null };
const FINE = { there: 1, back: 1 };

/** One tab and one note. */
function tab() {
  const clock = new TurnedClock();
  const server = new ModelServer(clock);
  const storage = new MemoryStorage();
  const drafts = new Drafts({ storage, subject: "ada", tab: "one" });
  /** @type {Draft} */
  const blank = {
    id: "draft",
    note: null,
    base: null,
    title: "",
    body: "",
    sent: [],
    tab: "one",
    changed: 0,
  };
  /** @param {Draft} draft */
  const saver = (draft) => new Saver({ api: server.api, drafts, clock }, draft);
  return {
    clock,
    server,
    storage,
    drafts,
    fresh: () => saver(blank),
    /** @param {Note} note */
    opened: ({ id, title, body, version }) => {
      const base = { version, print: fingerprint({ title, body }) };
      return saver({ ...blank, note: id, base, title, body });
    },
    /** @param {string} id */
    unread: (id) => saver({ ...blank, note: id }),
    /** As after a crash: what the storage has. */
    restarted: () => {
      const [draft] = drafts.all();
      assert.ok(draft);
      return saver(draft);
    },
  };
}

/**
 * Fates of the requests to come, in order; those after them are fine.
 *
 * @param {ModelServer} server
 * @param {...Fate} fates
 */
function expectFates(server, ...fates) {
  server.fate = () => fates.shift() ?? FINE;
}

test("a note is made when typing pauses, and written when it goes on", async () => {
  const { clock, server, storage, fresh } = tab();
  const saver = fresh();
  assert.equal(saver.state, "new");
  saver.edit({ title: "", body: "M" });
  assert.equal(saver.state, "edited");
  assert.match(storage.text(), /"body":"M"/);
  await clock.pass(700);
  saver.edit({ title: "", body: "Milk" });
  await clock.pass(799);
  assert.deepEqual(server.requests, []);
  await clock.pass(1);
  assert.equal(saver.state, "saving");
  await clock.pass(10);
  assert.equal(saver.state, "saved");
  assert.equal(storage.length, 0);
  saver.edit({ title: "Shopping", body: "Milk" });
  const flushed = saver.flush();
  await clock.pass(10);
  await flushed;
  assert.deepEqual(server.requests, ["POST", 'PUT note-1 "1"']);
  assert.deepEqual(
    [...server.notes.values()].map(({ title, body }) => [title, body]),
    [["Shopping", "Milk"]],
  );
});

test("what is typed while a request is under way is saved by the next one", async () => {
  const { clock, server, storage, fresh } = tab();
  const saver = fresh();
  expectFates(server, { there: 1, back: 5_000 });
  saver.edit({ title: "a", body: "" });
  void saver.flush();
  await clock.pass(100);
  saver.edit({ title: "a", body: "b" });
  await clock.pass(3_000);
  assert.deepEqual(server.requests, ["POST"]);
  assert.match(storage.text(), /"body":"b"/);
  await clock.pass(3_000);
  assert.deepEqual(server.requests, ["POST", 'PUT note-1 "1"']);
  assert.equal(saver.state, "saved");
});

test("a new note that nothing was written into is nowhere", async () => {
  const { clock, server, storage, fresh } = tab();
  const saver = fresh();
  saver.edit({ title: "", body: "a" });
  saver.edit({ title: " ", body: "" });
  await clock.pass(10_000);
  assert.equal(storage.length, 0);
  assert.deepEqual(server.requests, []);
});

test("a lost reply to the first save makes no second note", async () => {
  const { clock, server, fresh } = tab();
  const saver = fresh();
  expectFates(server, LOST_REPLY);
  saver.edit({ title: "a", body: "first" });
  void saver.flush();
  await clock.pass(5_000);
  saver.edit({ title: "a", body: "first, second" });
  await clock.pass(60_000);
  assert.equal(saver.state, "saved");
  assert.deepEqual(server.requests, ["POST", "POST", 'PUT note-1 "1"']);
  assert.deepEqual(
    [...server.notes.values()].map(({ body }) => body),
    ["first, second"],
  );
});

test("a lost reply to a later save is no conflict, also for who takes the draft up", async () => {
  for (const restart of [false, true]) {
    const { clock, server, storage, opened, restarted } = tab();
    let saver = opened(server.add({ title: "a", body: "" }));
    expectFates(server, LOST_REPLY);
    saver.edit({ title: "a", body: "first" });
    void saver.flush();
    await clock.pass(5_000);
    saver.edit({ title: "a", body: "first, second" });
    if (restart) {
      saver.close();
      saver = restarted();
      void saver.flush();
    }
    await clock.pass(60_000);
    assert.equal(saver.state, "saved");
    assert.equal(saver.obstacle, null);
    assert.equal(server.notes.get("note-1")?.body, "first, second");
    assert.equal(storage.length, 0);
  }
});

test("a save that the gateway had to repeat is no conflict", async () => {
  const { clock, server, opened } = tab();
  const saver = opened(server.add({ title: "a", body: "" }));
  expectFates(server, { there: 1, back: 1_000, twice: true });
  saver.edit({ title: "a", body: "first" });
  void saver.flush();
  await clock.pass(500);
  saver.edit({ title: "a", body: "first, second" });
  await clock.pass(60_000);
  assert.equal(saver.obstacle, null);
  assert.equal(saver.state, "saved");
  assert.equal(server.notes.get("note-1")?.body, "first, second");
});

test("a text whose fate is unknown is settled though it was taken back", async () => {
  const { clock, server, opened } = tab();
  const saver = opened(server.add({ title: "a", body: "before" }));
  expectFates(server, { there: 9_999, back: null });
  saver.edit({ title: "a", body: "after" });
  void saver.flush();
  await clock.pass(1_000);
  saver.edit({ title: "a", body: "before" });
  assert.ok(saver.unsaved);
  await clock.pass(60_000);
  assert.equal(saver.state, "saved");
  assert.equal(server.notes.get("note-1")?.body, "before");
});

test("a look at the note in between does not make us forget what we sent", async () => {
  const { clock, server, opened, restarted } = tab();
  const before = opened(server.add({ title: "a", body: "" }));
  // The first save arrives late, when the tab that sent it is gone and another one has looked.
  expectFates(server, { there: 11_000, back: null }, FINE, LOST_REQUEST);
  before.edit({ title: "a", body: "first" });
  void before.flush();
  await clock.pass(100);
  before.close();
  const saver = restarted();
  saver.edit({ title: "a", body: "first, second" });
  saver.refresh();
  await clock.pass(60_000);
  assert.equal(saver.obstacle, null);
  assert.equal(saver.state, "saved");
  assert.equal(server.notes.get("note-1")?.body, "first, second");
  assert.equal(server.notes.get("note-1")?.version, 3);
});

test("what was written elsewhere is shown where nothing was typed", async () => {
  const { clock, server, opened } = tab();
  const note = server.add({ title: "a", body: "old" });
  const saver = opened(note);
  let replaced = 0;
  saver.addEventListener("replaced", () => {
    replaced += 1;
  });
  server.write(note.id, { title: "a", body: "new" });
  saver.refresh();
  await clock.pass(10);
  assert.equal(saver.content.body, "new");
  assert.equal(replaced, 1);
  saver.refresh();
  await clock.pass(10);
  assert.equal(replaced, 1);
});

test("nothing written elsewhere is replaced before it was seen", async () => {
  const { clock, server, storage, opened } = tab();
  const note = server.add({ title: "a", body: "old" });
  for (const choice of /** @type {const} */ (["keepMine", "takeTheirs"])) {
    const saver = opened(/** @type {Note} */ (server.notes.get(note.id)));
    server.write(note.id, { title: "a", body: `theirs ${choice}` });
    saver.edit({ title: "a", body: `mine ${choice}` });
    await clock.pass(60_000);
    assert.equal(saver.state, "blocked");
    assert.equal(server.notes.get(note.id)?.body, `theirs ${choice}`);
    assert.match(storage.text(), /mine/);
    server.write(note.id, { title: "a", body: `theirs again ${choice}` });
    saver[choice]();
    const { body } = saver.content;
    await clock.pass(60_000);
    if (choice === "keepMine") {
      assert.equal(saver.obstacle?.kind, "conflict");
      saver.keepMine();
      await clock.pass(60_000);
      assert.equal(server.notes.get(note.id)?.body, "mine keepMine");
    } else {
      assert.equal(body, "theirs takeTheirs");
      assert.equal(saver.content.body, "theirs again takeTheirs");
    }
    assert.equal(saver.state, "saved");
    assert.equal(storage.length, 0);
  }
});

test("other ends of lines are no change of the text", async () => {
  const { clock, server, opened } = tab();
  const saver = opened(server.add({ title: "a", body: "one\r\ntwo" }));
  saver.edit({ title: "a", body: "one\ntwo" });
  await clock.pass(10_000);
  assert.deepEqual(server.requests, []);
  assert.equal(saver.unsaved, false);
});

test("a note that is gone, or may not be read, is asked for once", async () => {
  for (const instead of [problem(404, "not_found"), problem(403, "insufficient_scope")]) {
    const { clock, server, opened } = tab();
    const saver = opened(server.add({ title: "a", body: "old" }));
    expectFates(server, { ...FINE, instead }, { ...FINE, instead }, { ...FINE, instead });
    saver.refresh();
    await clock.pass(60_000);
    assert.deepEqual(server.requests, ["GET note-1"]);
  }
});

test("a note deleted elsewhere can be kept as a new one", async () => {
  const { clock, server, storage, opened } = tab();
  const note = server.add({ title: "a", body: "old" });
  const saver = opened(note);
  server.erase(note.id);
  saver.edit({ title: "a", body: "mine" });
  await clock.pass(10_000);
  assert.deepEqual(saver.obstacle, { kind: "gone" });
  assert.match(storage.text(), /mine/);
  saver.keepAsNew("another");
  await clock.pass(10_000);
  assert.equal(saver.state, "saved");
  assert.deepEqual(
    [...server.notes.values()].map(({ body }) => body),
    ["mine"],
  );
  assert.equal(storage.length, 0);
});

test("an answer about a note that is gone says nothing of the one that takes its place", async () => {
  const { clock, server, opened } = tab();
  const note = server.add({ title: "a", body: "old" });
  const saver = opened(note);
  server.erase(note.id);
  saver.edit({ title: "a", body: "mine" });
  await clock.pass(10_000);
  expectFates(server, { there: 1, back: 500 });
  saver.refresh();
  await clock.pass(100);
  saver.keepAsNew("another");
  await clock.pass(10_000);
  assert.equal(saver.obstacle, null);
  assert.equal(saver.state, "saved");
});

test("a text that is too long waits for a shorter one", async () => {
  const { clock, server, storage, fresh } = tab();
  const saver = fresh();
  saver.edit({ title: "a".repeat(201), body: "" });
  await clock.pass(1_000);
  assert.deepEqual(saver.obstacle, { kind: "refused", problem: null, fields: ["title"] });
  assert.equal(storage.length, 1);
  assert.deepEqual(server.requests, []);
  saver.edit({ title: "a".repeat(200), body: "" });
  await clock.pass(1_000);
  assert.equal(saver.state, "saved");
});

test("what the server refuses is not sent again until it is changed", async () => {
  const { clock, server, fresh } = tab();
  const saver = fresh();
  const errors = [{ field: "title", code: "blank", message: "A title is visible." }];
  const refusal = new Problem(422, "validation_failed", "No.", { errors });
  expectFates(server, { there: 1, back: 1, instead: refusal });
  saver.edit({ title: "a", body: "" });
  await clock.pass(60_000);
  assert.deepEqual(saver.obstacle, { kind: "refused", problem: refusal, fields: ["title"] });
  assert.equal(server.requests.length, 1);
  saver.edit({ title: "", body: "" });
  assert.equal(saver.unsaved, false);
});

test("tries follow each other more and more slowly, and at once when there is reason", async () => {
  const { clock, server, fresh } = tab();
  const saver = fresh();
  server.fate = () => ({ there: 0, back: 0, instead: problem(503, "unavailable") });
  saver.edit({ title: "a", body: "" });
  await clock.pass(1_000);
  assert.equal(saver.state, "waiting");
  assert.equal(saver.problem?.status, 503);
  await clock.pass(60_000);
  const slow = server.requests.length;
  assert.ok(slow >= 5 && slow <= 8, `${slow} tries in a minute`);
  await clock.pass(600_000);
  assert.ok(server.requests.length - slow <= 30);
  server.fate = () => FINE;
  saver.wake();
  await clock.pass(2);
  assert.equal(saver.state, "saved");
});

test("who is to wait waits, whatever happens", async () => {
  const { clock, server, fresh } = tab();
  const saver = fresh();
  expectFates(server, { there: 0, back: 0, instead: problem(429, "rate_limited", 20) });
  saver.edit({ title: "a", body: "" });
  await clock.pass(1_000);
  saver.wake();
  void saver.flush();
  await clock.pass(19_000);
  assert.equal(server.requests.length, 1);
  await clock.pass(1_000);
  assert.equal(saver.state, "saved");
});

test("a deletion waits until it is decided, and then deletes what was seen", async () => {
  const { clock, server, storage, opened } = tab();
  const note = server.add({ title: "a", body: "old" });
  const saver = opened(note);
  saver.edit({ title: "a", body: "mine" });
  saver.holdForDeletion();
  await clock.pass(60_000);
  assert.deepEqual(server.requests, []);
  saver.restore();
  await clock.pass(10);
  assert.equal(server.notes.get(note.id)?.body, "mine");
  saver.holdForDeletion();
  void saver.remove();
  await clock.pass(10);
  assert.equal(saver.state, "deleted");
  assert.equal(server.notes.size, 0);
  assert.equal(storage.length, 0);
});

test("a note that was written elsewhere is not deleted", async () => {
  const { clock, server, storage, opened } = tab();
  for (const typed of ["old", "mine"]) {
    const note = server.add({ title: "a", body: "old" });
    const saver = opened(note);
    saver.edit({ title: "a", body: typed });
    saver.holdForDeletion();
    server.write(note.id, { title: "a", body: "theirs" });
    let kept = false;
    saver.addEventListener("kept", () => {
      kept = true;
    });
    void saver.remove();
    await clock.pass(10);
    assert.ok(kept);
    assert.equal(server.notes.get(note.id)?.body, "theirs");
    assert.equal(saver.state, typed === "old" ? "saved" : "blocked");
    assert.equal(storage.text().includes("mine"), typed === "mine");
  }
});

test("what is deleted is not taken up by the next tab", async () => {
  const { clock, server, storage, opened } = tab();
  const saver = opened(server.add({ title: "a", body: "old" }));
  saver.edit({ title: "a", body: "mine" });
  saver.holdForDeletion();
  assert.equal(storage.length, 1);
  void saver.remove({ leaving: true });
  assert.equal(storage.length, 0);
  saver.close();
  assert.equal(storage.length, 0);
  await clock.pass(10);
  assert.equal(server.notes.size, 0);
});

test("our own lost save does not save a note from deletion", async () => {
  const { clock, server, opened } = tab();
  const note = server.add({ title: "a", body: "old" });
  const saver = opened(note);
  expectFates(server, LOST_REPLY);
  saver.edit({ title: "a", body: "mine" });
  void saver.flush();
  await clock.pass(100);
  saver.holdForDeletion();
  await clock.pass(20_000);
  void saver.remove();
  await clock.pass(20_000);
  assert.equal(saver.state, "deleted");
  assert.equal(server.notes.size, 0);
});

test("a new note of which nobody knows whether it was made is deleted, too", async () => {
  const { clock, server, fresh } = tab();
  const saver = fresh();
  expectFates(server, LOST_REPLY, LOST_REQUEST);
  saver.edit({ title: "a", body: "mine" });
  void saver.flush();
  await clock.pass(100);
  saver.holdForDeletion();
  await clock.pass(20_000);
  void saver.remove();
  await clock.pass(60_000);
  assert.equal(saver.state, "deleted");
  assert.equal(server.notes.size, 0);
});

test("who has closed does nothing more, whatever arrives", async () => {
  const { clock, server, storage, fresh } = tab();
  const saver = fresh();
  expectFates(server, { there: 1, back: 500 });
  saver.edit({ title: "a", body: "b" });
  void saver.flush();
  await clock.pass(10);
  saver.close();
  assert.equal(storage.length, 1);
  await clock.pass(10_000);
  assert.equal(storage.length, 1);
  assert.equal(server.requests.length, 1);

  const other = fresh();
  other.edit({ title: "a", body: "b" });
  other.discard();
  await clock.pass(10_000);
  assert.equal(storage.length, 0);
});

test("a note is read, though it takes several tries", async () => {
  const { clock, server, unread } = tab();
  const note = server.add({ title: "a", body: "b" });
  expectFates(server, LOST_REQUEST, { there: 0, back: 0, instead: problem(502, "unavailable") });
  const saver = unread(note.id);
  saver.refresh();
  assert.equal(saver.state, "loading");
  await clock.pass(60_000);
  assert.equal(saver.state, "saved");
  assert.deepEqual(saver.content, { title: "a", body: "b" });
});
