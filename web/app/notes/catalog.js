/** The list of notes as the server has it, for what is searched for, as far as it has been asked for. */

import { Alarm } from "./clock.js";
import { asProblem, meaningOf } from "./failure.js";
import { Patience } from "./patience.js";

/** @typedef {import('./api.js').Note} Note */
/** @typedef {import('./failure.js').Problem} Problem */

const PAGE = 20;
const LONGEST_PAGE = 100;
const PAUSE_IN_TYPING_MS = 150;
const NEWS_AT_MOST_EVERY_MS = 500;

/**
 * Events: `change` whenever anything of it has changed; `found` when the notes are there that were
 * searched for.
 */
export class Catalog extends EventTarget {
  #api;
  #typing;
  #news;
  #patience;
  /** What the notes on the screen were searched for with. */
  #shown = "";
  #query = "";
  /** @type {Note[]} */
  #notes = [];
  /** @type {string | null} */
  #next = null;
  #isLoaded = false;
  /** @type {Problem | null} */
  #problem = null;
  /** @type {AbortController | null} */
  #loading = null;

  /**
   * @param {{api: Pick<import('./api.js').NotesApi, 'list'>, clock: import('./clock.js').Clock}} parts
   */
  constructor({ api, clock }) {
    super();
    this.#api = api;
    this.#typing = new Alarm(clock);
    this.#news = new Alarm(clock);
    this.#patience = new Patience(clock, () => this.retry());
  }

  /** The newest first. @returns {readonly Note[]} */
  get notes() {
    return this.#notes;
  }

  /** What {@link notes} was searched for with; while a search is under way, that is not the latest. */
  get query() {
    return this.#shown;
  }

  /** Whether there was ever an answer. */
  get isLoaded() {
    return this.#isLoaded;
  }

  get hasMore() {
    return this.#next !== null;
  }

  /** Why what was asked for last is not on the screen. */
  get problem() {
    return this.#problem;
  }

  /** Whether an answer is being waited for. */
  get isBusy() {
    return this.#loading !== null || this.#typing.isSet;
  }

  /**
   * Searches, as soon as typing pauses. What was found before stays until then.
   *
   * @param {string} text
   */
  search(text) {
    const query = text.trim();
    if (query === this.#query) return;
    this.#query = query;
    this.#typing.set(PAUSE_IN_TYPING_MS, () => void this.load());
    this.#changed();
  }

  /** Asks for what is searched for, from the beginning. */
  async load() {
    const query = this.#query;
    await this.#ask(async (signal) => {
      const page = await this.#api.list({ query, limit: PAGE, cursor: null }, signal);
      return () => {
        this.#take(page.notes, page.next_cursor, query);
        this.dispatchEvent(new Event("found"));
      };
    });
  }

  /** Asks for the page after the last. */
  async loadMore() {
    const cursor = this.#next;
    if (cursor === null || this.isBusy) return;
    const query = this.#shown;
    await this.#ask(async (signal) => {
      const page = await this.#api.list({ query, limit: PAGE, cursor }, signal);
      return () => this.#take([...this.#notes, ...page.notes], page.next_cursor, query);
    });
  }

  /** Asks again for what could not be had, which it also does by itself before long; or for news. */
  retry() {
    if (this.#problem) void this.load();
    else this.refresh();
  }

  /** Notes may have changed: asks again for as many as there are, before long. */
  refresh() {
    if (this.#news.isSet) return;
    this.#news.set(NEWS_AT_MOST_EVERY_MS, () => void this.#reload());
  }

  /**
   * A note has been saved here; the list need not ask for it.
   *
   * @param {Note} note
   */
  place(note) {
    const isKnown = this.#notes.some(({ id }) => id === note.id);
    if (isKnown) this.#notes = this.#notes.map((known) => (known.id === note.id ? note : known));
    else if (this.#shown === "") this.#notes = [note, ...this.#notes];
    if (this.#loading) this.refresh();
    this.#changed();
  }

  close() {
    this.#typing.clear();
    this.#news.clear();
    this.#patience.close();
    this.#loading?.abort();
  }

  async #reload() {
    // Whatever is being asked for is newer than the news.
    if (this.isBusy) {
      this.refresh();
      return;
    }
    const query = this.#shown;
    const wanted = Math.max(this.#notes.length, PAGE);
    await this.#ask(async (signal) => {
      /** @type {Note[]} */
      const notes = [];
      /** @type {string | null} */
      let cursor = null;
      do {
        const limit = Math.min(wanted - notes.length, LONGEST_PAGE);
        const page = await this.#api.list({ query, limit, cursor }, signal);
        notes.push(...page.notes);
        cursor = page.next_cursor;
      } while (cursor !== null && notes.length < wanted);
      return () => this.#take(notes, cursor, query);
    }, true);
  }

  /**
   * Asks for one thing; the one before is given up, so that no answer comes after a later one's.
   *
   * @param {(signal: AbortSignal) => Promise<() => void>} work resolves to what is to be done with the answer
   * @param {boolean} [isUnasked] whether nobody waits for it, and so need not hear that it failed
   */
  async #ask(work, isUnasked = false) {
    this.#typing.clear();
    this.#patience.close();
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    this.#changed();
    try {
      const use = await work(loading.signal);
      if (this.#loading !== loading) return;
      this.#problem = null;
      this.#loading = null;
      this.#patience.succeeded();
      use();
    } catch (failure) {
      const problem = asProblem(failure);
      if (this.#loading !== loading) return;
      this.#loading = null;
      if (!isUnasked) {
        this.#problem = problem;
        if (meaningOf(problem) === "later") this.#patience.failed(problem);
      }
    }
    this.#changed();
  }

  /**
   * @param {Note[]} notes
   * @param {string | null} next
   * @param {string} query
   */
  #take(notes, next, query) {
    this.#notes = notes;
    this.#next = next;
    this.#shown = query;
    this.#isLoaded = true;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
