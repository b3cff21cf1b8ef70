/**
 * Whose desk it is: one for the person who is signed in, for as long as the page is on the screen.
 * What happens to the page and to the sign-in happens to the desk.
 */

import { choose } from "../dialog.js";
import { h } from "../dom.js";
import { notesApi } from "./api.js";
import { browserClock } from "./clock.js";
import { Desk } from "./desk.js";
import { Drafts } from "./drafts.js";

/** @typedef {import('./drafts.js').Draft} Draft */
/** @typedef {import('../../latchkey.js').Latchkey} Latchkey */

/** For saving before signing out; whoever waits is asked then. */
const PATIENCE_MS = 4_000;

/** @type {WeakMap<Latchkey, Desks>} */
const all = new WeakMap();

/**
 * The desks of the page's client. From the first call on, what a person signs out of is cleared away.
 *
 * @param {Latchkey} latchkey
 */
export function desksOf(latchkey) {
  const desks = all.get(latchkey) ?? new Desks(latchkey);
  all.set(latchkey, desks);
  return desks;
}

/** Event `change`: there is another desk now, or none. */
class Desks extends EventTarget {
  #latchkey;
  /** @type {{subject: string, desk: Desk, ready: Promise<void>} | null} */
  #current = null;
  /** Drafts that no storage took, of people who are not signed in. @type {Map<string, Draft[]>} */
  #carried = new Map();

  /** @param {Latchkey} latchkey */
  constructor(latchkey) {
    super();
    this.#latchkey = latchkey;
    this.#prepare();
    latchkey.addEventListener("session", (event) => {
      this.#follow(/** @type {import('../../latchkey.js').SessionEvent} */ (event).reason);
    });
    latchkey.addEventListener("reachability", () => latchkey.reachable && this.#wake());
    addEventListener("online", () => this.#wake());
    addEventListener("pagehide", () => this.#leavePage());
    addEventListener("pageshow", ({ persisted }) => persisted && this.#change());
    addEventListener("blur", () => void this.#current?.desk.flush());
    addEventListener("beforeunload", (event) => {
      if (this.#current?.desk.endangered) event.preventDefault();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) void this.#current?.desk.flush({ leaving: true });
      else this.#wake();
    });
  }

  /**
   * The desk of whoever is signed in, once it holds what was left behind; `null` where nobody is.
   *
   * @returns {Promise<Desk | null>}
   */
  async current() {
    const current = this.#prepare();
    await current?.ready;
    return current?.desk ?? null;
  }

  /**
   * Before somebody signs out: saves what can be saved, and asks about the rest, which would be lost.
   *
   * @returns {Promise<boolean>} whether they may be signed out
   */
  async maySignOut() {
    const desk = await this.current();
    if (!desk) return true;
    const saving = desk.saveEverywhere();
    const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
    await Promise.race([saving, patience]);
    const left = desk.countUnsaved();
    return left === 0 || (await isToBeDiscarded(left));
  }

  #prepare() {
    const subject = this.#latchkey.session?.subject;
    if (this.#current || subject === undefined) return this.#current;
    const tab = crypto.randomUUID();
    const desk = new Desk({
      tab,
      api: notesApi(this.#latchkey),
      drafts: new Drafts({ storage: storage(), subject, tab }),
      clock: browserClock,
      locks: navigator.locks,
      channel: new BroadcastChannel(`latchkey.notes.${subject}`),
      newId: () => crypto.randomUUID(),
      isSeen: () => !document.hidden,
    });
    const ready = desk.start(this.#carried.get(subject));
    this.#carried.delete(subject);
    this.#current = { subject, desk, ready };
    return this.#current;
  }

  /** @param {import('../../latchkey.js').Reason | null} reason */
  #follow(reason) {
    const { subject } = this.#latchkey.session ?? {};
    if (this.#current?.subject === subject) return;
    if (reason === "signed_out" || reason === "account_deleted") this.#discard();
    else this.#close();
    this.#change();
  }

  #leavePage() {
    this.#current?.desk.leavePage();
    // Without its lock the page may go into the back/forward cache, and its drafts to other tabs.
    this.#close();
  }

  #close() {
    if (!this.#current) return;
    const { subject, desk } = this.#current;
    this.#carried.set(subject, desk.close());
    this.#current = null;
  }

  #discard() {
    this.#current?.desk.discard();
    this.#current = null;
  }

  #change() {
    this.#prepare();
    this.dispatchEvent(new Event("change"));
  }

  #wake() {
    const desk = this.#current?.desk;
    desk?.wake();
    desk?.refresh();
    void desk?.takeUp();
  }
}

/** @param {number} count notes that are not saved */
async function isToBeDiscarded(count) {
  const notes = count === 1 ? "One note has" : `${count} notes have`;
  const text = `${notes} text that Latchkey could not save yet. If you sign out now, that text is lost.`;
  const answer = await choose({
    title: "Not everything is saved",
    content: h("p", null, text),
    choices: [
      { label: "Stay signed in", value: "stay" },
      { label: "Sign out and discard", value: "discard", look: "danger" },
    ],
  });
  return answer === "discard";
}

/** The browser's storage, unless it is forbidden. */
function storage() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
