/** What has to be fetched before it can be shown. */

import { alarm } from "../announce.js";
import { h, show } from "../dom.js";
import { sentence } from "../problem.js";
import { countDown } from "../wait.js";

/** @typedef {import("../../latchkey.js").Latchkey} Latchkey */

/**
 * @template T
 * @typedef {object} FetchedOptions
 * @property {Latchkey} latchkey
 * @property {Node} bones what stands there until it has come for the first time
 * @property {() => HTMLElement} fallback where the focus goes if what had it is gone
 * @property {(signal: AbortSignal) => Promise<T>} get
 * @property {(data: T) => Node} draw
 */

/**
 * @typedef {object} Fetched
 * @property {HTMLElement} element
 * @property {Promise<void>} settled resolves when it has come or failed for the first time
 * @property {() => Promise<void>} refetch what is shown stays until the other has come
 * @property {() => void} close
 */

/**
 * Fetches, and shows what came; or why nothing did, until it is tried again. That is also done as soon as
 * the server can be reached again.
 *
 * @template T
 * @param {FetchedOptions<T>} options
 * @returns {Fetched}
 */
export function fetched({ latchkey, bones, fallback, get, draw }) {
  const element = h("div", null, bones);
  let turn = new AbortController();
  let hasFailed = false;
  /** @type {{stop(): void} | null} */
  let waiting = null;

  latchkey.addEventListener("reachability", recover);

  async function refetch() {
    turn.abort();
    turn = new AbortController();
    const { signal } = turn;
    waiting?.stop();
    element.setAttribute("aria-busy", "true");
    try {
      const data = await get(signal);
      if (signal.aborted) return;
      hasFailed = false;
      replace(draw(data));
    } catch (problem) {
      if (signal.aborted) return;
      hasFailed = true;
      fail(problem);
    }
    element.removeAttribute("aria-busy");
  }

  /** @param {unknown} problem */
  function fail(problem) {
    const text = sentence(problem);
    const wait = h("p", { class: "quiet" });
    const again = h("button", { type: "button", class: "button" }, "Try again");
    again.addEventListener("click", () => void refetch());
    replace(h("div", { class: "account-failed" }, h("p", null, text), wait, again));
    alarm(text);
    const { retryAfter } = /** @type {{retryAfter?: number | null}} */ (problem);
    if (typeof retryAfter === "number") {
      waiting = countDown({ retryAfter }, wait, () => void refetch());
    }
  }

  /** @param {Node} content */
  function replace(content) {
    const hadFocus = element.contains(document.activeElement);
    show(element, content);
    if (hadFocus) fallback().focus({ preventScroll: true });
  }

  function recover() {
    if (hasFailed && latchkey.reachable) void refetch();
  }

  return {
    element,
    settled: refetch(),
    refetch,
    close() {
      turn.abort();
      waiting?.stop();
      latchkey.removeEventListener("reachability", recover);
    },
  };
}
