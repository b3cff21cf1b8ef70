/** Waiting after a failure, longer each time, until it is time for the next try. */

import { Alarm } from "./clock.js";
import { delayAfter, mustWait } from "./failure.js";

/** @typedef {import('./failure.js').Problem} Problem */

export class Patience {
  #clock;
  #again;
  #alarm;
  #tries = 0;
  /** @type {Problem | null} */
  #problem = null;
  #until = 0;

  /**
   * @param {import('./clock.js').Clock} clock
   * @param {() => void} again called when it is time
   */
  constructor(clock, again) {
    this.#clock = clock;
    this.#again = again;
    this.#alarm = new Alarm(clock);
  }

  /** Whether it is not time yet. */
  get isWaiting() {
    return this.#alarm.isSet;
  }

  /** Why the last try failed; `null` after one that did not. */
  get problem() {
    return this.#problem;
  }

  /** When it is time, in milliseconds since 1970. */
  get until() {
    return this.#until;
  }

  /** @param {Problem} problem */
  failed(problem) {
    const delay = delayAfter(problem, this.#tries, this.#clock.random());
    this.#tries += 1;
    this.#problem = problem;
    this.#until = this.#clock.now() + delay;
    this.#alarm.set(delay, this.#again);
  }

  succeeded() {
    this.#tries = 0;
    this.#problem = null;
  }

  /** Something has changed for the better: it is time, unless the server wants to be left alone. */
  wake() {
    if (!this.#alarm.isSet || (this.#problem && mustWait(this.#problem))) return;
    this.#alarm.clear();
    this.#again();
  }

  close() {
    this.#alarm.clear();
  }
}
