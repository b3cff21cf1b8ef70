/**
 * Nothing that was typed is lost, no note is made twice, and no text is replaced unseen: in whatever
 * order people type, tabs come and go, requests and replies are lost or late, and others write.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Desk } from "../../app/notes/desk.js";
import { Drafts } from "../../app/notes/drafts.js";
import {
  MemoryChannels,
  MemoryLocks,
  MemoryStorage,
  ModelServer,
  numbers,
  problem,
  settle,
  TurnedClock,
} from "./notes-model.js";

/** @import { Saver } from '../../app/notes/saver.js' */
/** @import { Content } from '../../app/notes/text.js' */
/** @import { Fate } from './notes-model.js' */

const RUNS = 20;
const STEPS = 120;
/** Longer than what a draft waits for before it is in the storage. */
const UNTIL_KEPT_MS = 300;

for (let seed = 1; seed <= RUNS; seed += 1) {
  test(`whatever happens, nothing is lost (${seed})`, () => new World(seed).live());
  test(`who writes alone is asked nothing (${seed})`, () => new World(seed, true).live());
}

/** One person's browser, their notes at the server, and what they and their other devices do. */
class World {
  #random;
  #clock;
  #server;
  #storage = new MemoryStorage();
  #locks = new MemoryLocks();
  #channels = new MemoryChannels();
  /** @type {Tab[]} */
  #tabs = [];
  #ids = 0;
  #words = 0;
  /** Every word that was typed and must be somewhere. @type {Set<string>} */
  #expected = new Set();
  /** How many notes people meant to make. */
  #meant = 0;
  #alone;

  /**
   * @param {number} seed
   * @param {boolean} [alone] whether there is one tab at a time, and nobody else
   */
  constructor(seed, alone = false) {
    this.#random = numbers(seed);
    this.#alone = alone;
    this.#clock = new TurnedClock(this.#random.next);
    this.#server = new ModelServer(this.#clock);
    this.#server.fate = (request) => this.#weather(request);
  }

  async live() {
    await this.#openTab();
    for (let step = 0; step < STEPS; step += 1) {
      await this.#happen();
      await this.#clock.pass(this.#random.oneOf([0, 0, 5, 100, 900, 3_000, 40_000]));
      if (this.#alone) this.#assertNothingAsked();
    }
    await this.#comeToRest();
    this.#judge();
  }

  async #happen() {
    const tab = this.#random.oneOf(this.#tabs);
    const saver = this.#random.oneOf([...tab.savers, null]);
    const dice = this.#random.below(100);
    const isElsewhere = (dice >= 78 && dice < 88) || (dice >= 92 && dice < 94);
    if (this.#alone && isElsewhere) return;
    if (dice < 50) {
      if (saver) this.#type(saver);
      else this.#begin(tab);
    } else if (dice < 62) this.#openNote(tab);
    else if (dice < 66) saver?.refresh();
    else if (dice < 70) void saver?.flush();
    else if (dice < 74) tab.desk.wake();
    else if (dice < 78) this.#leaveNote(tab, saver);
    else if (dice < 86) this.#writeElsewhere();
    else if (dice < 88) this.#deleteElsewhere();
    else if (dice < 92) this.#decide(tab, saver);
    else if (dice < 94) await this.#openTab();
    else if (dice < 97) await this.#crash(tab);
    else await this.#closeTab(tab);
  }

  #assertNothingAsked() {
    const savers = this.#tabs.flatMap((tab) => [...tab.savers, ...tab.desk.unsaved]);
    assert.deepEqual(
      savers.flatMap(({ obstacle }) => obstacle ?? []),
      [],
    );
  }

  /**
   * @param {string} request
   * @returns {Fate}
   */
  #weather(request) {
    const delay = () => this.#random.oneOf([1, 20, 300, 9_000, 15_000]);
    const dice = this.#random.below(20);
    if (dice < 3) return { there: null, back: null };
    if (dice < 7) return { there: delay(), back: null };
    if (dice < 8) return { there: 1, back: 1, instead: problem(503, "overloaded", 2) };
    if (dice < 9) return { there: 1, back: 1, instead: problem(429, "rate_limited", 1) };
    // POST is not repeated by gateways (RFC 9110 section 9.2.2).
    return { there: delay(), back: delay(), twice: dice < 10 && request !== "POST" };
  }

  async #openTab() {
    const tab = new Tab();
    const name = `tab-${this.#nextId()}`;
    const drafts = new Drafts({ storage: this.#storage, subject: "ada", tab: name });
    tab.desk = new Desk({
      tab: name,
      api: tab.connect(this.#server.api),
      drafts,
      clock: tab.wind(this.#clock),
      locks: tab.lock(this.#locks),
      channel: this.#channels.open(),
      newId: () => this.#nextId(),
      isSeen: () => this.#random.chance(0.8),
    });
    await tab.desk.start();
    this.#tabs.push(tab);
  }

  /** @param {Tab} tab */
  async #closeTab(tab) {
    tab.desk.leavePage();
    tab.desk.close();
    await this.#bury(tab);
  }

  /**
   * The tab is gone without a word; what was typed a moment ago may be gone with it.
   *
   * @param {Tab} tab
   */
  async #crash(tab) {
    await this.#clock.pass(UNTIL_KEPT_MS);
    await this.#bury(tab);
  }

  /** @param {Tab} tab */
  async #bury(tab) {
    tab.die();
    this.#tabs.splice(this.#tabs.indexOf(tab), 1);
    await settle();
    if (this.#tabs.length === 0) await this.#openTab();
  }

  /** @param {Tab} tab */
  #begin(tab) {
    const saver = tab.desk.create();
    tab.savers.push(saver);
    this.#meant += 1;
    this.#type(saver);
  }

  /** @param {Tab} tab */
  #openNote(tab) {
    // Whoever opens a note while the draft that made it waits to hear of it has it twice.
    const isMaking = this.#alone && tab.desk.unsaved.some(({ note }) => note === null);
    const notes = isMaking ? [] : [...this.#server.notes.values()];
    const unsaved = tab.desk.unsaved.map(({ id }) => id);
    if (notes.length === 0 && unsaved.length === 0) return;
    const note = this.#random.oneOf([...notes, ...unsaved]);
    const id = typeof note === "string" ? note : note.id;
    const known = typeof note === "string" || this.#random.chance(0.5) ? undefined : note;
    const saver = tab.desk.open(id, known);
    if (!tab.savers.includes(saver)) tab.savers.push(saver);
  }

  /**
   * @param {Tab} tab
   * @param {Saver | null} saver
   */
  #leaveNote(tab, saver) {
    if (!saver) return;
    tab.savers.splice(tab.savers.indexOf(saver), 1);
    void tab.desk.leave(saver);
  }

  /**
   * The person sees the text, and adds to it or replaces it.
   *
   * @param {Saver} saver
   */
  #type(saver) {
    const hasField = saver.note === null || saver.version !== null;
    if (!hasField || saver.state === "deleted" || saver.obstacle?.kind === "conflict") return;
    const { title, body } = saver.content;
    const word = this.#nextWord();
    if (this.#random.chance(0.15)) {
      const before = saver.content;
      saver.edit({ title: this.#random.chance(0.5) ? "" : title.slice(0, 3), body: word });
      this.#excuse(before, saver.content);
    } else {
      saver.edit({ title, body: `${body}\n${word}` });
    }
    this.#expected.add(word);
  }

  #writeElsewhere() {
    const note = this.#random.oneOf([...this.#server.notes.values(), null]);
    if (!note) return;
    const word = this.#nextWord();
    const body = this.#random.chance(0.3) ? word : `${word}\n${note.body}`;
    this.#excuse(note, this.#server.write(note.id, { title: note.title, body }));
    this.#expected.add(word);
  }

  #deleteElsewhere() {
    const note = this.#random.oneOf([...this.#server.notes.values(), null]);
    if (!note) return;
    this.#server.erase(note.id);
    this.#excuse(note);
  }

  /**
   * @param {Tab} tab
   * @param {Saver | null} saver
   */
  #decide(tab, saver) {
    const { obstacle } = saver ?? {};
    if (!saver || !obstacle) return;
    if (obstacle.kind === "gone") {
      this.#meant += 1;
      tab.desk.keepAsNew(saver);
    } else if (obstacle.kind === "conflict") {
      const mine = saver.content;
      switch (this.#random.below(3)) {
        case 0:
          this.#excuse(obstacle.theirs, mine);
          saver.keepMine();
          break;
        case 1:
          this.#excuse(mine, obstacle.theirs);
          saver.takeTheirs();
          break;
        default:
          this.#meant += 1;
          tab.desk.keepBoth(saver);
      }
    }
  }

  /** The weather clears, all tabs but a new one go, and every decision is for keeping everything. */
  async #comeToRest() {
    this.#server.fate = () => ({ there: 1, back: 1 });
    await this.#clock.pass(100_000);
    for (const tab of [...this.#tabs]) await this.#closeTab(tab);
    await this.#openTab();
    const [tab] = this.#tabs;
    assert.ok(tab);
    for (let round = 0; round < 20; round += 1) {
      await this.#clock.pass(60_000);
      for (const saver of tab.desk.unsaved) {
        this.#meant += 1;
        if (saver.obstacle?.kind === "gone") tab.desk.keepAsNew(saver);
        else if (saver.obstacle?.kind === "conflict") tab.desk.keepBoth(saver);
        else this.#meant -= 1;
      }
    }
    assert.deepEqual(tab.desk.unsaved, []);
    assert.equal(this.#storage.text(), "");
  }

  #judge() {
    const texts = [...this.#server.notes.values()].map(({ title, body }) => `${title}\n${body}`);
    const words = new Set(texts.join("\n").split(/\s/));
    const lost = [...this.#expected].filter((word) => !words.has(word));
    assert.deepEqual(lost, []);
    const made = this.#server.writes.filter(({ before }) => before === null).length;
    assert.ok(
      made - this.#server.remade <= this.#meant,
      `${made} notes were made, ${this.#meant} were meant`,
    );
  }

  /**
   * Somebody who saw these words decided against those of them that are not in the other text.
   *
   * @param {Content} content
   * @param {Content} [other]
   */
  #excuse(content, other) {
    const kept = other ? wordsOf(other) : [];
    for (const word of wordsOf(content)) if (!kept.includes(word)) this.#expected.delete(word);
  }

  #nextId() {
    this.#ids += 1;
    return `id-${this.#ids}`;
  }

  #nextWord() {
    this.#words += 1;
    return `word-${this.#words}`;
  }
}

/** A tab: it can die, and nothing of it happens any more then. */
class Tab {
  /** @type {Desk} */
  // @ts-expect-error it is there before anything is done with it
  desk = undefined;
  /** What is on the screen. @type {Saver[]} */
  savers = [];
  #dead = false;
  #end = () => {};
  /** @type {Promise<void>} */
  #death = new Promise((resolve) => {
    this.#end = resolve;
  });

  die() {
    this.#dead = true;
    this.#end();
  }

  /**
   * Answers do not reach the dead; their requests may still arrive.
   *
   * @template {Record<string, (...args: any[]) => Promise<any>>} Api
   * @param {Api} api
   * @returns {Api}
   */
  connect(api) {
    const calls = Object.entries(api).map(([name, call]) => [
      name,
      (/** @type {any[]} */ ...args) =>
        new Promise((resolve, reject) => {
          call(...args).then(
            (answer) => this.#dead || resolve(answer),
            (failure) => this.#dead || reject(failure),
          );
        }),
    ]);
    return /** @type {Api} */ (Object.fromEntries(calls));
  }

  /**
   * @param {TurnedClock} clock
   * @returns {import('../../app/notes/clock.js').Clock}
   */
  wind(clock) {
    return {
      ...clock,
      after: (ms, run) => clock.after(ms, () => this.#dead || run()),
    };
  }

  /**
   * @param {MemoryLocks} locks
   * @returns {any}
   */
  lock(locks) {
    return {
      query: () => locks.query(),
      /**
       * @param {string} name
       * @param {() => Promise<any>} work
       */
      request: (name, work) => locks.request(name, () => Promise.race([work(), this.#death])),
    };
  }
}

/** @param {Content} content */
function wordsOf({ title, body }) {
  return `${title}\n${body}`.split(/\s/).filter((word) => word.startsWith("word-"));
}
