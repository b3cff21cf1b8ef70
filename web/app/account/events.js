/** What happened to the account lately. */

import { alarm, announce } from "../announce.js";
import { h, icon, show } from "../dom.js";
import { sentence } from "../problem.js";
import { fetched } from "./fetched.js";
import { wordsFor } from "./happening.js";
import { bones, moment, section } from "./section.js";
import { deviceName } from "./user-agent.js";

/** @typedef {import("./happening.js").Happening} Happening */
/** @typedef {{events: Happening[], next_cursor: string | null}} Page */

const PAGE = 8;

/** @param {import("../../latchkey.js").Latchkey} latchkey */
export function eventsSection(latchkey) {
  const content = fetched({
    latchkey,
    bones: bones(3),
    fallback: () => heading,
    get: (signal) => page(null, signal),
    draw,
  });
  const { element, heading } = section(
    "Activity",
    "What happened to your account lately. What you do not know may have been somebody else.",
    content.element,
  );

  /**
   * @param {string | null} cursor
   * @param {AbortSignal} [signal]
   * @returns {Promise<Page>}
   */
  async function page(cursor, signal) {
    const query = new URLSearchParams({ limit: String(PAGE), ...(cursor && { cursor }) });
    const { data } = await latchkey.call("GET", `/auth/events?${query}`, { signal });
    return data;
  }

  /** @param {Page} first */
  function draw(first) {
    if (first.events.length === 0) return h("p", { class: "empty" }, "Nothing happened lately.");
    let next = first.next_cursor;
    const rows = h("ul", { class: "account-rows" }, ...first.events.map(row));
    const failure = h("p", { class: "status status-danger" });
    const more = h("button", { type: "button", class: "button" }, "Show more");
    const foot = h("div", { class: "account-row-end", hidden: next === null }, failure, more);
    more.addEventListener("click", () => void showMore());

    async function showMore() {
      if (more.getAttribute("aria-disabled") === "true") return;
      more.setAttribute("aria-disabled", "true");
      show(failure);
      try {
        const { events, next_cursor } = await page(next);
        next = next_cursor;
        const older = events.map(row);
        rows.append(...older);
        older[0]?.focus({ preventScroll: true });
        announce(`${older.length} more.`);
        foot.hidden = next === null;
      } catch (problem) {
        show(failure, sentence(problem));
        alarm(sentence(problem));
      }
      more.removeAttribute("aria-disabled");
    }

    return h("div", null, rows, foot);
  }

  /** @param {Happening} happening */
  function row(happening) {
    const { text, more, icon: name, isBad } = wordsFor(happening);
    const isHere = happening.session_id !== null && happening.session_id === latchkey.session?.id;
    const device = isHere ? "This device" : deviceName(happening.user_agent);
    return h(
      "li",
      { class: isBad ? "account-row account-row-bad" : "account-row", tabindex: "-1" },
      icon(name),
      h(
        "div",
        { class: "account-row-text" },
        h("p", { class: "account-row-title" }, text),
        more && h("p", { class: "account-row-more" }, more),
        h(
          "p",
          { class: "quiet" },
          moment(happening.at),
          ...(happening.ip === null ? [] : [" · ", h("bdi", null, device), ` · ${happening.ip}`]),
        ),
      ),
    );
  }

  return { element, content };
}
