/**
 * All that one person has under their hands in one tab: the notes that are open, and those whose
 * texts are still on their way to the server, also when they are no longer on the screen.
 */

import { Saver } from "./saver.js";
import { live, living } from "./tab-locks.js";
import { fingerprint } from "./text.js";

/** @typedef {import('./api.js').Note} Note */
/** @typedef {import('./drafts.js').Draft} Draft */
/** @typedef {import('./text.js').Content} Content */

/**
 * What tabs of one person tell each other; nothing of a note's content.
 *
 * @typedef {{kind: 'changed', note: string}
 *   | {kind: 'save', asks: string}
 *   | {kind: 'settled', tab: string, asks: string}} Message
 */

/**
 * @typedef {object} Tools
 * @property {string} tab a name that no other tab has
 * @property {import('./saver.js').Parts['api']} api
 * @property {import('./drafts.js').Drafts} drafts
 * @property {import('./clock.js').Clock} clock
 * @property {import('./tab-locks.js').Locks} locks
 * @property {Pick<BroadcastChannel, 'postMessage' | 'close' | 'onmessage'>} channel
 * @property {() => string} newId makes UUIDs
 * @property {() => boolean} isSeen whether the page is on the screen: one that is not asks for no news
 */

const PATIENCE_WITH_TABS_MS = 3_000;

/** Notes at the server have changed; which, if it is known, and as what. */
export class NotesEvent extends Event {
  /** @param {Note | null} note */
  constructor(note) {
    super("notes");
    this.note = note;
  }
}

/** Events: `change` when a saver has changed; `notes` ({@link NotesEvent}). */
export class Desk extends EventTarget {
  #tools;
  /** @type {Set<Saver>} */
  #savers = new Set();
  /** @type {Map<Saver, number>} */
  #open = new Map();
  /** @type {Set<string>} */
  #deleted = new Set();
  /** @type {Map<string, (tab: string) => void>} */
  #asking = new Map();
  #die = () => {};
  #closed = false;

  /** @param {Tools} tools */
  constructor(tools) {
    super();
    this.#tools = tools;
    tools.channel.onmessage = ({ data }) => this.#hear(data);
  }

  /**
   * Begins, with what this person's tabs that are gone have left behind.
   *
   * @param {Draft[]} [carried] drafts that no storage has
   */
  async start(carried = []) {
    const { locks, tab, drafts } = this.#tools;
    this.#die = await live(locks, tab);
    if (this.#closed) this.#die();
    for (const draft of carried) {
      drafts.write(draft);
      this.#add(draft);
    }
    await this.takeUp();
  }

  /** Takes up the drafts of tabs that are gone. */
  async takeUp() {
    const { locks, drafts } = this.#tools;
    const left = await locks.request("latchkey.drafts", async () =>
      this.#closed ? [] : drafts.takeUp(await living(locks)),
    );
    for (const draft of left) void this.#add(draft).flush();
  }

  /** Those with something that the server has not confirmed, the latest first. */
  get unsaved() {
    const savers = [...this.#savers].filter((saver) => saver.unsaved && !isDeleting(saver));
    return savers.sort((one, other) => other.draft.changed - one.draft.changed);
  }

  /** Whether closing the tab would lose something. */
  get endangered() {
    return this.unsaved.some((saver) => saver.endangered);
  }

  /**
   * Whether a note is not to be listed, because it is deleted or being deleted here.
   *
   * @param {string} note
   */
  hides(note) {
    return (
      this.#deleted.has(note) ||
      [...this.#savers].some((saver) => saver.note === note && isDeleting(saver))
    );
  }

  /** A note that is yet to be written. */
  create() {
    return this.#opened(this.#add(this.#blank()));
  }

  /**
   * Opens a note, or a draft by its own name.
   *
   * @param {string} id
   * @param {Note} [note] as a list has it, which may be older than the server's
   */
  open(id, note) {
    const known = [...this.#savers].filter((saver) => saver.note === id || saver.id === id);
    const saver = known.find(({ unsaved }) => unsaved) ?? known[0];
    return this.#opened(saver ?? this.#add(this.#blank(id, note)));
  }

  /**
   * The screen no longer shows it; it is saved nevertheless.
   *
   * @param {Saver} saver
   */
  async leave(saver) {
    const times = (this.#open.get(saver) ?? 1) - 1;
    if (times > 0) this.#open.set(saver, times);
    else this.#open.delete(saver);
    await saver.flush();
    this.#tidy(saver);
  }

  /**
   * In a conflict: makes a new note of what was typed here, and lets the other text stand.
   *
   * @param {Saver} saver
   * @returns {Saver} the new note's
   */
  keepBoth(saver) {
    const copy = this.#add({ ...this.#blank(), ...saver.content });
    void copy.flush();
    saver.takeTheirs();
    return copy;
  }

  /**
   * Where the note was deleted elsewhere: makes a new one of what is here.
   *
   * @param {Saver} saver
   */
  keepAsNew(saver) {
    if (saver.note !== null) this.#deleted.add(saver.note);
    saver.keepAsNew(this.#tools.newId());
  }

  /**
   * Saves everything without delay. Resolves when it is saved, or cannot be for now.
   *
   * @param {{leaving?: boolean}} [how]
   */
  async flush(how) {
    await Promise.all(this.unsaved.map((saver) => saver.flush(how)));
  }

  /** Saves everything, also what other tabs have, and decides on what is to be deleted. */
  async saveEverywhere() {
    const deletions = [...this.#savers].filter(({ state }) => state === "deleting");
    await Promise.all([
      ...deletions.map((saver) => saver.remove()),
      this.flush(),
      this.#askOthers(),
    ]);
  }

  /** How many notes have something that is unsaved, in whichever tab. */
  countUnsaved() {
    const here = this.unsaved.map(({ id }) => id);
    const stored = this.#tools.drafts.all().map(({ id }) => id);
    return new Set([...here, ...stored]).size;
  }

  /** Something has changed for the better: tries again now. */
  wake() {
    for (const saver of this.#savers) saver.wake();
  }

  /** Asks the server for what it has of the open notes. */
  refresh() {
    for (const saver of this.#open.keys()) saver.refresh();
    this.dispatchEvent(new NotesEvent(null));
  }

  /** The page may be gone in a moment: sends what can be sent. */
  leavePage() {
    for (const saver of this.#savers) {
      if (saver.state === "deleting") void saver.remove({ leaving: true });
    }
    void this.flush({ leaving: true });
  }

  /**
   * Does nothing from now on. Drafts stay in the storage, for whoever takes them up.
   *
   * @returns {Draft[]} those that are not in the storage
   */
  close() {
    const drafts = this.unsaved.filter(({ endangered }) => endangered).map(({ draft }) => draft);
    this.#end((saver) => saver.close());
    return drafts;
  }

  /** Does nothing from now on, and leaves nothing of the person in this browser. */
  discard() {
    this.#end((saver) => saver.discard());
    this.#tools.drafts.clear();
  }

  /** @param {(saver: Saver) => void} end */
  #end(end) {
    for (const saver of this.#savers) end(saver);
    this.#savers.clear();
    this.#open.clear();
    this.#tools.channel.close();
    this.#closed = true;
    this.#die();
  }

  /** @param {Draft} draft */
  #add(draft) {
    const { api, drafts, clock } = this.#tools;
    const saver = new Saver({ api, drafts, clock }, draft);
    this.#savers.add(saver);
    saver.addEventListener("change", () => {
      this.#tidy(saver);
      this.dispatchEvent(new Event("change"));
    });
    saver.addEventListener("replaced", () => {
      this.dispatchEvent(new NotesEvent(saver.confirmed));
    });
    saver.addEventListener("saved", () => this.#tellOthers(saver));
    saver.addEventListener("deleted", () => this.#tellOthers(saver));
    return saver;
  }

  /**
   * @param {string | null} id
   * @param {Note} [note]
   * @returns {Draft}
   */
  #blank(id = null, note) {
    const { newId, tab, clock } = this.#tools;
    const base = note ? { version: note.version, print: fingerprint(note) } : null;
    return {
      id: newId(),
      note: id,
      base,
      title: note?.title ?? "",
      body: note?.body ?? "",
      sent: [],
      tab,
      changed: clock.now(),
    };
  }

  /** @param {Saver} saver */
  #opened(saver) {
    this.#open.set(saver, (this.#open.get(saver) ?? 0) + 1);
    saver.refresh();
    return saver;
  }

  /** @param {Saver} saver */
  #tidy(saver) {
    if (this.#open.has(saver) || saver.unsaved || saver.state === "deleting") return;
    saver.close();
    this.#savers.delete(saver);
  }

  /** @param {Saver} saver */
  #tellOthers({ note, state, confirmed }) {
    if (note === null) return;
    if (state === "deleted") this.#deleted.add(note);
    this.#post({ kind: "changed", note });
    this.dispatchEvent(new NotesEvent(state === "deleted" ? null : confirmed));
  }

  async #askOthers() {
    const { tab, clock, newId, locks, drafts } = this.#tools;
    const alive = await living(locks);
    const owners = drafts.all().map((draft) => draft.tab);
    const waited = new Set(owners.filter((owner) => owner !== tab && alive.has(owner)));
    if (waited.size === 0) return;
    const asks = newId();
    await new Promise((resolve) => {
      const stop = clock.after(PATIENCE_WITH_TABS_MS, () => resolve(undefined));
      this.#asking.set(asks, (other) => {
        waited.delete(other);
        if (waited.size > 0) return;
        stop();
        resolve(undefined);
      });
      this.#post({ kind: "save", asks });
    });
    this.#asking.delete(asks);
  }

  /** @param {Message} message */
  #hear(message) {
    switch (message.kind) {
      case "changed":
        if (!this.#tools.isSeen()) break;
        for (const saver of this.#open.keys()) if (saver.note === message.note) saver.refresh();
        this.dispatchEvent(new NotesEvent(null));
        break;
      case "save":
        void this.flush().then(() =>
          this.#post({ kind: "settled", tab: this.#tools.tab, asks: message.asks }),
        );
        break;
      case "settled":
        this.#asking.get(message.asks)?.(message.tab);
        break;
    }
  }

  /** @param {Message} message */
  #post(message) {
    if (!this.#closed) this.#tools.channel.postMessage(message);
  }
}

/** @param {Saver} saver */
function isDeleting({ state }) {
  return state === "deleting" || state === "deleted";
}
