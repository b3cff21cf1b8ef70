/** @import { Grant } from './grant.js' */
/** @import { Reason } from '../latchkey.js' */

/**
 * What tabs tell each other.
 *
 * @typedef {{ kind: 'grant', grant: Grant } | { kind: 'ended', session: string, reason: Reason } |
 *   { kind: 'ask', from: string } | { kind: 'none', to: string }} Message
 */

/** The tabs that share the cookies. */
export class Tabs extends EventTarget {
  /** Held by the tab that makes a call which changes the cookies. */
  static COOKIES = "latchkey.cookies";
  /** With an id behind it: held by each tab that listens. */
  static TAB = "latchkey.client.";
  /** Milliseconds to wait for a tab that changes the cookies: longer than an answer may take, so that an answer to it
   * does not come after one to us and take back what that has set. */
  static PATIENCE = 15_000;
  /** Milliseconds that the others have for an answer. */
  static ANSWER_TIMEOUT = 300;

  #id = randomId();
  #channel = new BroadcastChannel("latchkey");
  /** Missing where the page was not loaded securely. */
  #locks = globalThis.navigator?.locks;
  /** @type {(() => void) | null} */
  #leave = null;
  #isClosed = false;

  /** @param {(message: Message) => void} hear */
  constructor(hear) {
    super();
    this.#channel.addEventListener("message", ({ data }) => {
      hear(data);
      this.dispatchEvent(new MessageEvent("heard", { data }));
    });
  }

  /** @param {Message} message */
  tell(message) {
    if (!this.#isClosed) this.#channel.postMessage(message);
  }

  /** Counts as a tab that answers, until it leaves. */
  async enter() {
    const locks = this.#locks;
    if (!locks || this.#leave) return;
    /** @type {Promise<void>} */
    const left = new Promise((resolve) => {
      this.#leave = resolve;
    });
    await new Promise((entered) => {
      locks.request(Tabs.TAB + this.#id, () => {
        entered(undefined);
        return left;
      });
    });
  }

  leave() {
    this.#leave?.();
    this.#leave = null;
  }

  close() {
    this.#isClosed = true;
    this.leave();
    this.#channel.close();
  }

  /**
   * Does something while no other tab changes the cookies. A tab that takes too long is not waited for: the grace
   * window makes up for that.
   *
   * @template T
   * @param {() => Promise<T>} run
   * @param {() => boolean} [isDone] Whether waiting has become pointless; `run` then sees to that.
   * @returns {Promise<T>}
   */
  async alone(run, isDone = () => false) {
    if (!this.#locks) return run();
    const waiting = new AbortController();
    const timer = setTimeout(() => waiting.abort(), Tabs.PATIENCE);
    const heard = () => {
      if (isDone()) waiting.abort();
    };
    this.addEventListener("heard", heard);
    const stopWaiting = () => {
      clearTimeout(timer);
      this.removeEventListener("heard", heard);
    };
    let isRunning = false;
    const request = this.#locks.request(Tabs.COOKIES, { signal: waiting.signal }, () => {
      isRunning = true;
      stopWaiting();
      return run();
    });
    return request.catch((error) => {
      if (isRunning) throw error;
      stopWaiting();
      return run();
    });
  }

  /**
   * Asks the other tabs for an access token, and waits until all have answered or it is done.
   *
   * @param {() => boolean} isDone
   */
  async ask(isDone) {
    let silent = await this.#countOthers();
    if (silent === 0) return;
    await new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        this.removeEventListener("heard", heard);
        resolve(undefined);
      };
      const timer = setTimeout(finish, Tabs.ANSWER_TIMEOUT);
      /** @param {Event} event */
      const heard = (event) => {
        const { data } = /** @type {MessageEvent<Message>} */ (event);
        if (data.kind === "grant" || (data.kind === "none" && data.to === this.#id)) silent -= 1;
        if (silent === 0 || isDone()) finish();
      };
      this.addEventListener("heard", heard);
      this.tell({ kind: "ask", from: this.#id });
    });
  }

  async #countOthers() {
    const { held = [] } = (await this.#locks?.query()) ?? {};
    const isOther = (/** @type {string | undefined} */ name) =>
      name?.startsWith(Tabs.TAB) && name !== Tabs.TAB + this.#id;
    return held.filter(({ name }) => isOther(name)).length;
  }
}

function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
