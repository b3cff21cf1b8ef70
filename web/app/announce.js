/**
 * What a screen reader is to say: texts that appear in the document's two live regions and leave
 * again, so that they are not found by who reads the page line by line.
 */

import { byId, h } from "./dom.js";

const STAYS_MS = 5_000;

/**
 * Says something when nothing else is being said.
 *
 * @param {string} text
 */
export function announce(text) {
  say("polite", text);
}

/**
 * Says something at once.
 *
 * @param {string} text
 */
export function alarm(text) {
  say("assertive", text);
}

/** Takes back what has not been said yet: it is for nobody else. */
export function hush() {
  byId("polite").replaceChildren();
  byId("assertive").replaceChildren();
}

/**
 * @param {string} region
 * @param {string} text
 */
function say(region, text) {
  if (text === "") return;
  const line = h("p", null, text);
  byId(region).append(line);
  setTimeout(() => line.remove(), STAYS_MS);
}
