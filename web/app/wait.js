/** Waiting until the server may be asked again. */

import { announce } from "./announce.js";

/**
 * How long to wait, in words.
 *
 * @param {number} seconds
 */
export function waitingText(seconds) {
  if (seconds <= 0) return "You can try again now.";
  return `You can try again in ${duration(seconds)}.`;
}

/**
 * Shows in the element when a refused call may be repeated, counting down to it. A screen reader is
 * told at the beginning and at the end, not every second.
 *
 * @param {{retryAfter: number | null}} problem
 * @param {HTMLElement} element which is no live region
 * @param {() => void} [done] when the time is over
 * @returns {{stop(): void}}
 */
export function countDown(problem, element, done) {
  const end = performance.now() + (problem.retryAfter ?? 1) * 1_000;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  function tick() {
    const left = end - performance.now();
    const seconds = Math.ceil(left / 1_000);
    element.textContent = waitingText(seconds);
    if (seconds > 0) {
      timer = setTimeout(tick, left - (seconds - 1) * 1_000);
      return;
    }
    announce(waitingText(0));
    done?.();
  }

  tick();
  announce(element.textContent ?? "");
  return { stop: () => clearTimeout(timer) };
}

/** @param {number} seconds */
function duration(seconds) {
  const [count, unit] =
    seconds < 100
      ? [seconds, "second"]
      : seconds < 5_400
        ? [Math.ceil(seconds / 60), "minute"]
        : [Math.ceil(seconds / 3_600), "hour"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
