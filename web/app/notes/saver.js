/**
 * Brings what is typed into one note to the server, and what the server has to who is reading: one
 * request at a time, and no text replaced that its writer has not seen.
 *
 * What was typed is a draft until the server has confirmed exactly that text. A reply may be lost: so
 * each text is noted before it is sent, and one that turns up at the server is known as our own.
 */

import { Alarm } from "./clock.js";
import { asProblem, meaningOf, wasNotDone } from "./failure.js";
import { Keeper } from "./keeper.js";
import { Manuscript } from "./manuscript.js";
import { Patience } from "./patience.js";
import { asSent, tooLong } from "./text.js";

/** @typedef {import('./api.js').Note} Note */
/** @typedef {import('./drafts.js').Draft} Draft */
/** @typedef {import('./failure.js').Problem} Problem */
/** @typedef {import('./text.js').Content} Content */

/**
 * @typedef {object} Parts
 * @property {Pick<import('./api.js').NotesApi, 'show' | 'create' | 'replace' | 'remove'>} api
 * @property {import('./drafts.js').Drafts} drafts
 * @property {import('./clock.js').Clock} clock
 */

/**
 * What keeps a text from being saved until somebody decides or writes something else.
 *
 * @typedef {{kind: 'conflict', theirs: Note}
 *   | {kind: 'gone'}
 *   | {kind: 'refused', problem: Problem | null, fields: (keyof Content)[]}} Obstacle
 */

/**
 * - `loading`: the note has not been read yet.
 * - `new`: nothing has been written yet.
 * - `saved`: the server has what is shown.
 * - `edited`: it is going to be saved.
 * - `saving`: it is being saved.
 * - `waiting`: the last try failed, see `problem`; the next one follows by itself.
 * - `blocked`: see `obstacle`.
 * - `deleting`, `deleted`.
 *
 * @typedef {'loading' | 'new' | 'saved' | 'edited' | 'saving' | 'waiting' | 'blocked' | 'deleting' | 'deleted'} State
 */

const PAUSE_IN_TYPING_MS = 800;
/** Browsers let 64 KiB outlive a page. */
const OUTLIVES_PAGE_BYTES = 60_000;

/**
 * Events: `change` whenever anything of it has changed; `saved` when the server has confirmed a text;
 * `replaced` when the content has become what somebody wrote elsewhere; `deleted`; `kept` when it
 * could not be deleted because it was written elsewhere.
 */
export class Saver extends EventTarget {
  #parts;
  #manuscript;
  /** @type {Note | null} */
  #confirmed = null;
  /** @type {Obstacle | null} */
  #obstacle = null;
  /** @type {'no' | 'held' | 'due' | 'done'} */
  #deletion = "no";
  #due = false;
  #stale = false;
  #leaving = false;
  #closed = false;
  #pushing = false;
  /** @type {Promise<void> | null} */
  #running = null;
  #typing;
  #patience;
  #keeper;

  /**
   * @param {Parts} parts
   * @param {Draft} draft
   */
  constructor(parts, draft) {
    super();
    this.#parts = parts;
    this.#manuscript = new Manuscript(draft);
    this.#typing = new Alarm(parts.clock);
    this.#patience = new Patience(parts.clock, () => this.#hurry());
    this.#keeper = new Keeper({
      drafts: parts.drafts,
      clock: parts.clock,
      draft: this.#manuscript.draft,
      isWanted: () => this.unsaved && this.#deletion !== "due",
    });
  }

  /** Its own name, also before the note has one. */
  get id() {
    return this.#manuscript.draft.id;
  }

  /** The note's id; `null` before the server has confirmed it. */
  get note() {
    return this.#manuscript.draft.note;
  }

  /** The version that is being written on. */
  get version() {
    return this.#manuscript.draft.base?.version ?? null;
  }

  get content() {
    return this.#manuscript.content;
  }

  /** The note as the server had it last. */
  get confirmed() {
    return this.#confirmed;
  }

  get obstacle() {
    return this.#obstacle;
  }

  /** Why the last try failed, while the next one is being waited for. */
  get problem() {
    return this.#patience.problem;
  }

  /** Whether there is anything that the server has not confirmed. */
  get unsaved() {
    return this.#deletion !== "done" && this.#manuscript.isUnsaved;
  }

  /** Whether what was typed would be lost with the tab. */
  get endangered() {
    return this.unsaved && !this.#parts.drafts.kept;
  }

  /** @returns {State} */
  get state() {
    if (this.#deletion === "done") return "deleted";
    if (this.#deletion !== "no") return "deleting";
    if (this.#obstacle) return "blocked";
    if (this.#manuscript.isUnread) return "loading";
    if (this.#pushing) return "saving";
    if (!this.unsaved) return this.note === null ? "new" : "saved";
    return this.#patience.isWaiting ? "waiting" : "edited";
  }

  /** When the next try is, in milliseconds since 1970. */
  get retryAt() {
    return this.#patience.until;
  }

  /** A copy of what would have to be stored. @returns {Draft} */
  get draft() {
    return structuredClone(this.#manuscript.draft);
  }

  /**
   * Takes what was typed.
   *
   * @param {Content} content
   */
  edit(content) {
    if (!this.#manuscript.type(content, this.#parts.clock.now())) return;
    this.#leaving = false;
    this.#keeper.soon();
    if (this.#obstacle?.kind === "refused") this.#obstacle = null;
    this.#typing.set(PAUSE_IN_TYPING_MS, () => this.#hurry());
    this.#changed();
  }

  /**
   * Saves without waiting for a pause in typing. Resolves when it is saved, or cannot be for now.
   *
   * @param {{leaving?: boolean}} [how] `leaving`: the page may be gone before the answer is there
   */
  async flush({ leaving = false } = {}) {
    this.#leaving = leaving;
    this.#keeper.now();
    this.#typing.clear();
    this.#hurry();
    await this.settled();
  }

  /** Resolves when no request of its is under way and none follows at once. */
  async settled() {
    while (this.#running) await this.#running;
  }

  /** Asks the server for what it has. */
  refresh() {
    if (this.note === null) return;
    this.#stale = true;
    this.#advance();
  }

  /** Something has changed for the better, such as the network: tries again now. */
  wake() {
    this.#patience.wake();
  }

  /** In a conflict: writes what was typed here over what was written there. */
  keepMine() {
    if (this.#obstacle?.kind !== "conflict") return;
    this.#manuscript.rebase(this.#obstacle.theirs);
    this.#obstacle = null;
    this.#keeper.now();
    this.#hurry();
  }

  /** In a conflict: lets go of what was typed here. */
  takeTheirs() {
    if (this.#obstacle?.kind !== "conflict") return;
    this.#adopt(this.#obstacle.theirs);
    this.#changed();
    // Choosing takes time, in which that may have been changed or deleted, too.
    this.refresh();
  }

  /** Where the note was deleted elsewhere: makes a new one of what is here. @param {string} id a new UUID */
  keepAsNew(id) {
    if (this.#obstacle?.kind !== "gone") return;
    const before = this.id;
    this.#manuscript.startAnew(id);
    this.#obstacle = null;
    this.#keeper.now();
    this.#parts.drafts.remove(before);
    this.#hurry();
  }

  /** Where the note was deleted elsewhere: lets go of what is here. */
  letGo() {
    if (this.#obstacle?.kind === "gone") this.#bury();
  }

  /** Tries once more what was refused. */
  retry() {
    if (this.#obstacle?.kind !== "refused") return;
    this.#obstacle = null;
    this.#hurry();
  }

  /** Stops saving until the deletion is decided. */
  holdForDeletion() {
    this.#deletion = "held";
    this.#typing.clear();
    this.#changed();
  }

  /** The deletion is off. */
  restore() {
    if (this.#deletion !== "held") return;
    this.#deletion = "no";
    this.#hurry();
  }

  /**
   * The deletion is decided.
   *
   * @param {{leaving?: boolean}} [how]
   */
  async remove({ leaving = false } = {}) {
    if (this.#deletion === "done") return;
    this.#leaving = leaving;
    this.#deletion = "due";
    this.#keeper.now();
    this.#advance();
    await this.settled();
  }

  /** Does nothing from now on. What is unsaved stays in the storage. */
  close() {
    this.#keeper.now();
    this.#closed = true;
    for (const part of [this.#keeper, this.#patience]) part.close();
    this.#typing.clear();
  }

  /** Does nothing from now on, and leaves nothing. */
  discard() {
    this.close();
    this.#parts.drafts.remove(this.id);
  }

  #hurry() {
    this.#due = true;
    this.#advance();
    this.#changed();
  }

  #advance() {
    if (this.#running || this.#closed) return;
    const step = this.#nextStep();
    if (!step) return;
    this.#running = this.#take(step);
    this.#changed();
  }

  /** @param {() => Promise<void>} step */
  async #take(step) {
    try {
      await step();
    } finally {
      this.#running = null;
      this.#changed();
    }
    this.#advance();
  }

  /** @returns {(() => Promise<void>) | null} */
  #nextStep() {
    if (this.#patience.isWaiting || this.#deletion === "held" || this.#deletion === "done")
      return null;
    if (this.#deletion === "due") return () => this.#delete();
    const mayPush = this.#obstacle === null && this.#due && this.unsaved;
    if (mayPush) return () => this.#push();
    if (this.#stale && this.note !== null) return () => this.#read();
    return null;
  }

  async #push() {
    this.#due = false;
    const content = asSent(this.content);
    const fields = tooLong(content);
    if (fields.length > 0) {
      this.#obstacle = { kind: "refused", problem: null, fields };
      return;
    }
    this.#pushing = true;
    await this.#attempt(async () => {
      this.#learn(await this.#send(content));
    });
    this.#pushing = false;
  }

  /**
   * @param {Content} content
   * @returns {Promise<Note>}
   */
  async #send(content) {
    const { api } = this.#parts;
    const { id, note, base } = this.#manuscript.draft;
    const wasNotWritten = this.#manuscript.noteSending();
    this.#keeper.now();
    const bytes = new TextEncoder().encode(JSON.stringify(content)).length;
    const outlives = this.#leaving && bytes <= OUTLIVES_PAGE_BYTES;
    try {
      return note === null || base === null
        ? await api.create(id, content, outlives)
        : await api.replace(note, base.version, content, outlives);
    } catch (failure) {
      const problem = asProblem(failure);
      if (wasNotDone(problem)) wasNotWritten();
      if (note === null || meaningOf(problem) !== "changed") throw problem;
      return api.show(note);
    }
  }

  async #read() {
    const { id, note } = this;
    this.#stale = false;
    if (note === null) return;
    const done = await this.#attempt(async () => {
      const theirs = await this.#parts.api.show(note);
      if (id === this.id) this.#learn(theirs);
    });
    if (!done && this.#patience.isWaiting) this.#stale = true;
  }

  async #delete() {
    await this.#attempt(async () => {
      const { api } = this.#parts;
      if (this.#manuscript.isAnywhere && this.version === null) this.#learn(await this.#find());
      const { note, version } = this;
      try {
        if (note !== null && version !== null) await api.remove(note, version, this.#leaving);
        if (this.#closed) return;
      } catch (failure) {
        const problem = asProblem(failure);
        if (meaningOf(problem) === "changed" && note !== null) {
          if (this.#learn(await api.show(note)) !== "own") this.#giveUpDeletion();
          return;
        }
        if (meaningOf(problem) !== "gone") throw problem;
      }
      this.#bury();
    });
  }

  #bury() {
    this.#deletion = "done";
    this.#keeper.now();
    this.#typing.clear();
    this.dispatchEvent(new Event("deleted"));
    this.#changed();
  }

  #giveUpDeletion() {
    this.#deletion = "no";
    this.#keeper.now();
    this.dispatchEvent(new Event("kept"));
  }

  /** The note as the server has it, also where nobody knows whether it has been made. */
  #find() {
    return this.note === null ? this.#send(asSent(this.content)) : this.#parts.api.show(this.note);
  }

  /**
   * Does something with the server, and notes how it went; unless what is here has become another
   * note meanwhile, of which that says nothing.
   *
   * @param {() => Promise<void>} work
   */
  async #attempt(work) {
    const { id } = this;
    try {
      await work();
      if (this.#closed) return true;
      this.#patience.succeeded();
      return true;
    } catch (failure) {
      const problem = asProblem(failure);
      if (id === this.id) this.#cope(problem);
      return false;
    }
  }

  /** @param {Problem} problem */
  #cope(problem) {
    if (this.#closed) return;
    const meaning = meaningOf(problem);
    if (meaning === "later" || meaning === "changed") {
      this.#patience.failed(problem);
      return;
    }
    if (this.#deletion === "due") this.#giveUpDeletion();
    const fields = problem.errors.map(({ field }) => /** @type {keyof Content} */ (field));
    this.#obstacle = meaning === "gone" ? { kind: "gone" } : { kind: "refused", problem, fields };
  }

  /**
   * Takes note of what the server has.
   *
   * @param {Note} theirs
   * @returns {ReturnType<Manuscript['judge']>} whose text that is
   */
  #learn(theirs) {
    if (this.#closed) return "conflict";
    this.#confirmed = theirs;
    const { version } = this;
    const whose = this.#manuscript.judge(theirs);
    if (whose === "conflict") {
      this.#obstacle = { kind: "conflict", theirs };
    } else if (whose === "replacement") {
      this.#adopt(theirs);
      if (version !== null) this.dispatchEvent(new Event("replaced"));
    } else {
      this.#manuscript.rebase(theirs);
      if (this.#obstacle?.kind !== "refused") this.#obstacle = null;
      this.#keeper.now();
      if (this.unsaved && !this.#typing.isSet) this.#due = true;
      if (theirs.version !== version) this.dispatchEvent(new Event("saved"));
    }
    return whose;
  }

  /** @param {Note} theirs */
  #adopt(theirs) {
    this.#manuscript.adopt(theirs);
    this.#obstacle = null;
    this.#typing.clear();
    this.#keeper.now();
  }

  #changed() {
    if (!this.#closed) this.dispatchEvent(new Event("change"));
  }
}
