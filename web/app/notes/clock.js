/**
 * Time, as something that tests can turn.
 *
 * @typedef {object} Clock
 * @property {() => number} now in milliseconds since 1970
 * @property {(ms: number, run: () => void) => () => void} after calls later, unless what it returns is
 *   called before
 * @property {() => number} random from 0 up to 1
 */

/** @type {Clock} */
export const browserClock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};

/** One call at a time that is still to come. */
export class Alarm {
  #clock;
  /** @type {(() => void) | null} */
  #cancel = null;

  /** @param {Clock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /** Whether a call is to come. */
  get isSet() {
    return this.#cancel !== null;
  }

  /**
   * Calls later, and not when it was going to before.
   *
   * @param {number} ms
   * @param {() => void} run
   */
  set(ms, run) {
    this.clear();
    this.#cancel = this.#clock.after(ms, () => {
      this.#cancel = null;
      run();
    });
  }

  clear() {
    this.#cancel?.();
    this.#cancel = null;
  }
}
