/** Parts of the account's page. */

import { h, uniqueId } from "../dom.js";
import { ago, exactly } from "../when.js";

/** @typedef {{element: HTMLElement, heading: HTMLElement}} Section */

/**
 * A part with a heading, a word on what it is for, and what is in it.
 *
 * @param {string} title
 * @param {string} about
 * @param {...Node} content
 * @returns {Section}
 */
export function section(title, about, ...content) {
  const id = uniqueId("section");
  const heading = h("h2", { id, tabindex: "-1" }, title);
  const element = h(
    "section",
    { class: "account-section", "aria-labelledby": id },
    h("div", { class: "account-about" }, heading, h("p", { class: "quiet" }, about)),
    h("div", { class: "card account-card" }, ...content),
  );
  return { element, heading };
}

/**
 * How long ago something was, and when exactly.
 *
 * @param {string} instant RFC 3339
 */
export function moment(instant) {
  return h("time", { datetime: instant, title: exactly(instant) }, ago(instant, Date.now()));
}

/**
 * Stands where rows will be.
 *
 * @param {number} count
 */
export function bones(count) {
  const rows = Array.from({ length: count }, () => h("div", { class: "bone account-bone" }));
  return h("div", { class: "account-bones", role: "presentation" }, ...rows);
}
