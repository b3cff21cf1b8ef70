/** Short messages at the foot of the page, which leave by themselves. */

import { announce } from "./announce.js";
import { byId, h, icon } from "./dom.js";

/**
 * Why a toast left: its time was over, somebody closed it or did what it offered, the page closed it,
 * or the person it spoke to is gone.
 *
 * @typedef {'time' | 'dismissed' | 'action' | 'closed' | 'cleared'} Ending
 */

/** @type {Set<(ending: Ending) => void>} */
const shown = new Set();

/**
 * Shows a text. Its time stands still while the pointer or the focus is on it, so that nobody has to
 * hurry (WCAG 2.2.1).
 *
 * @param {string} text
 * @param {{
 *   action?: {label: string, run: () => void},
 *   seconds?: number,
 *   onClose?: (ending: Ending) => void,
 * }} [options]
 * @returns {{close(): void}}
 */
export function toast(text, { action, seconds = 6, onClose } = {}) {
  let left = seconds * 1_000;
  let since = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const element = h(
    "div",
    {
      class: "toast",
      on: {
        pointerenter: pause,
        pointerleave: resume,
        focusin: pause,
        focusout: resume,
        keydown: (/** @type {KeyboardEvent} */ event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          close("dismissed");
        },
      },
    },
    h("p", { class: "toast-text" }, text),
    action && h("button", { type: "button", class: "button", on: { click: act } }, action.label),
    h(
      "button",
      {
        type: "button",
        class: "button button-quiet button-icon",
        "aria-label": "Dismiss",
        on: { click: () => close("dismissed") },
      },
      icon("close"),
    ),
  );

  function pause() {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    left -= performance.now() - since;
  }

  function resume() {
    if (timer !== undefined || element.matches(":hover, :focus-within")) return;
    since = performance.now();
    timer = setTimeout(() => close("time"), Math.max(left, 1_000));
  }

  function act() {
    close("action");
    action?.run();
  }

  /** @param {Ending} ending */
  function close(ending) {
    if (!shown.delete(close)) return;
    clearTimeout(timer);
    const held = element.contains(document.activeElement);
    element.remove();
    if (held && ending !== "cleared") byId("main").focus({ preventScroll: true });
    onClose?.(ending);
  }

  shown.add(close);
  byId("toasts").append(element);
  announce(text);
  resume();
  return { close: () => close("closed") };
}

/** Takes all of them away: the person they spoke to is gone. */
export function clearToasts() {
  for (const close of [...shown]) close("cleared");
}
