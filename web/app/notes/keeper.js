/** Puts one draft into the storage, not at each key that is pressed, and takes it out again. */

import { Alarm } from "./clock.js";

const AT_MOST_EVERY_MS = 250;

export class Keeper {
  #drafts;
  #draft;
  #isWanted;
  #resting;
  #isDue = false;
  #closed = false;

  /**
   * @param {object} options
   * @param {import('./drafts.js').Drafts} options.drafts
   * @param {import('./clock.js').Clock} options.clock
   * @param {import('./drafts.js').Draft} options.draft
   * @param {() => boolean} options.isWanted whether it belongs in the storage at the moment
   */
  constructor({ drafts, clock, draft, isWanted }) {
    this.#drafts = drafts;
    this.#draft = draft;
    this.#isWanted = isWanted;
    this.#resting = new Alarm(clock);
  }

  /** At once, or a little later if it was done a moment ago. */
  soon() {
    if (this.#resting.isSet) {
      this.#isDue = true;
      return;
    }
    this.now();
    this.#resting.set(AT_MOST_EVERY_MS, () => {
      if (this.#isDue) this.soon();
    });
  }

  now() {
    this.#isDue = false;
    if (this.#closed) return;
    if (this.#isWanted()) this.#drafts.write(this.#draft);
    else this.#drafts.remove(this.#draft.id);
  }

  close() {
    this.#closed = true;
    this.#resting.clear();
  }
}
