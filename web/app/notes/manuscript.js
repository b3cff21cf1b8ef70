/**
 * What is typed into one note, and what is known of the server's text of it. From that it follows
 * whose text it is that turns up at the server; nothing here asks for it.
 */

import { asSent, fingerprint, isEmpty } from "./text.js";

/** @typedef {import('./api.js').Note} Note */
/** @typedef {import('./drafts.js').Draft} Draft */
/** @typedef {import('./text.js').Content} Content */

export class Manuscript {
  /** As it is stored; always the same object. @type {Draft} */
  draft;
  /** The fingerprint of what would be sent now. */
  #print;

  /** @param {Draft} draft */
  constructor(draft) {
    this.draft = { ...draft, sent: [...draft.sent] };
    this.#print = fingerprint(asSent(draft));
  }

  /** @returns {Content} */
  get content() {
    return { title: this.draft.title, body: this.draft.body };
  }

  /** Whether the note's text has not been read yet. */
  get isUnread() {
    return this.draft.note !== null && this.draft.base === null;
  }

  /** Whether the server may have a note for it. */
  get isAnywhere() {
    return this.draft.note !== null || this.draft.sent.length > 0;
  }

  /** Whether there is anything that the server has not confirmed. */
  get isUnsaved() {
    const { note, base, sent } = this.draft;
    if (sent.length > 0) return true;
    return note === null ? !isEmpty(this.draft) : base !== null && this.#print !== base.print;
  }

  /**
   * Takes what was typed.
   *
   * @param {Content} content
   * @param {number} now
   * @returns {boolean} whether that is something else than before
   */
  type({ title, body }, now) {
    if (title === this.draft.title && body === this.draft.body) return false;
    Object.assign(this.draft, { title, body, changed: now });
    this.#print = fingerprint(asSent(this.draft));
    return true;
  }

  /**
   * The text is going to be sent. From now on nobody knows whether the server has it.
   *
   * @returns {() => void} to be called if it certainly was not written, this time
   */
  noteSending() {
    const print = this.#print;
    const { sent } = this.draft;
    if (sent.includes(print)) return () => {};
    sent.push(print);
    return () => {
      this.draft.sent = this.draft.sent.filter((other) => other !== print);
    };
  }

  /**
   * Whose the server's text is: it was typed here, or is what was written on; or nothing was typed
   * that it could take the place of; or both have changed.
   *
   * @param {Note} theirs
   * @returns {'own' | 'replacement' | 'conflict'}
   */
  judge(theirs) {
    const print = fingerprint(theirs);
    const { note, base, sent } = this.draft;
    if (print === this.#print || print === base?.print || sent.includes(print)) return "own";
    const isUntouched = note !== null && (base === null || base.print === this.#print);
    return isUntouched ? "replacement" : "conflict";
  }

  /**
   * What is typed here is written on what the server has.
   *
   * @param {Note} theirs
   */
  rebase(theirs) {
    // Whatever was sent on another version has been written by now, or never will be.
    if (theirs.version !== this.draft.base?.version) this.draft.sent = [];
    this.draft.note = theirs.id;
    this.draft.base = { version: theirs.version, print: fingerprint(theirs) };
  }

  /**
   * What the server has takes the place of what is here.
   *
   * @param {Note} theirs
   */
  adopt(theirs) {
    const { title, body } = theirs;
    Object.assign(this.draft, { title, body, sent: [] });
    this.#print = fingerprint(theirs);
    this.rebase(theirs);
  }

  /**
   * What is here becomes a note that the server has not heard of.
   *
   * @param {string} id a new UUID
   */
  startAnew(id) {
    Object.assign(this.draft, { id, note: null, base: null, sent: [] });
  }
}
