/** The list of notes, and the search. */

import { announce } from "../announce.js";
import { h, icon, show } from "../dom.js";
import { sentence } from "../problem.js";
import { countDown } from "../wait.js";
import { ago, exactly } from "../when.js";
import { rowsOf } from "./rows.js";

/** @typedef {import('./catalog.js').Catalog} Catalog */
/** @typedef {import('./desk.js').Desk} Desk */
/** @typedef {import('./rows.js').Row} Row */

/** As a list of a first page is, so that what is below does not move when it comes. */
const BONES = 6;

/**
 * @param {object} options
 * @param {Catalog} options.catalog
 */
export function notesList({ catalog }) {
  /** @type {Desk | null} */
  let desk = null;
  /** @type {string | null} */
  let open = null;
  /** @type {{stop(): void} | null} */
  let waiting = null;
  /** @type {typeof catalog.problem} */
  let toldProblem = null;
  /** @type {Map<string, ReturnType<typeof rowElement>>} */
  const elements = new Map();

  const heading = h("h1", { tabindex: "-1" }, "Notes");
  const search = h("input", {
    type: "search",
    id: "search",
    placeholder: "Search",
    autocomplete: "off",
    enterkeyhint: "search",
    "aria-label": "Search notes",
    "aria-controls": "note-rows",
    on: { input: () => find() },
  });
  const rows = h("ul", { id: "note-rows", class: "note-rows" });
  const bones = h(
    "div",
    { class: "note-bones", role: "presentation" },
    ...Array.from({ length: BONES }, () => h("div", { class: "bone" })),
  );
  const empty = h("p", { class: "empty", hidden: true });
  const failure = h("p", { role: "status" });
  const wait = h("span", { class: "quiet" });
  const again = h(
    "button",
    { type: "button", class: "button", on: { click: () => retry() } },
    "Try again",
  );
  const failed = h("div", { class: "note-failed", hidden: true }, failure, wait, again);
  const more = h(
    "button",
    { type: "button", class: "button", hidden: true, on: { click: () => showMore() } },
    "Show more",
  );
  const element = h(
    "section",
    { class: "note-list", "aria-label": "Notes" },
    h(
      "div",
      { class: "note-list-top" },
      heading,
      h("a", { class: "button button-primary", href: "/n/new" }, icon("plus"), "New note"),
    ),
    h("div", { class: "note-search" }, icon("search"), search),
    failed,
    bones,
    rows,
    empty,
    h("div", { class: "note-more" }, more),
  );

  catalog.addEventListener("change", render);
  catalog.addEventListener("found", tellFound);

  function render() {
    const shown = desk ? rowsOf(catalog.notes, desk, catalog.query !== "") : [];
    bones.hidden = catalog.isLoaded || catalog.problem !== null;
    element.setAttribute("aria-busy", String(catalog.isBusy));
    renderRows(shown);
    renderEmpty(shown.length === 0 && catalog.isLoaded && !catalog.hasMore);
    renderProblem();
    more.hidden = !catalog.hasMore;
  }

  /** @param {Row[]} shown */
  function renderRows(shown) {
    const ids = new Set(shown.map(({ id }) => id));
    for (const [id, row] of elements) {
      if (ids.has(id)) continue;
      row.element.remove();
      elements.delete(id);
    }
    for (const [index, row] of shown.entries()) {
      const known = elements.get(row.id) ?? rowElement(row.id);
      elements.set(row.id, known);
      known.update(row, row.id === open);
      // What stands where it belongs is not moved: it may have the focus.
      const there = rows.children[index];
      if (there !== known.element) rows.insertBefore(known.element, there ?? null);
    }
  }

  /** @param {boolean} isEmpty */
  function renderEmpty(isEmpty) {
    empty.hidden = !isEmpty;
    if (!isEmpty) return;
    const text =
      catalog.query === ""
        ? "No notes yet. The first one begins with “New note”."
        : `Nothing found for “${catalog.query}”.`;
    if (empty.textContent !== text) empty.textContent = text;
  }

  function renderProblem() {
    const { problem } = catalog;
    if (problem === toldProblem) return;
    toldProblem = problem;
    waiting?.stop();
    waiting = null;
    if (problem === null && failed.contains(document.activeElement)) heading.focus();
    failed.hidden = problem === null;
    failure.textContent = problem === null ? "" : sentence(problem);
    show(wait);
    const mustWait = problem !== null && problem.retryAfter !== null;
    again.setAttribute("aria-disabled", String(mustWait));
    if (mustWait) waiting = countDown(problem, wait);
  }

  function retry() {
    if (again.getAttribute("aria-disabled") !== "true") catalog.retry();
  }

  function find() {
    catalog.search(search.value);
  }

  function tellFound() {
    if (catalog.query === "") return;
    render();
    announce(foundText());
  }

  function foundText() {
    const count = elements.size;
    if (count === 0) return "Nothing found.";
    const notes = count === 1 ? "1 note found." : `${count} notes found.`;
    return catalog.hasMore ? `${notes} There are more.` : notes;
  }

  async function showMore() {
    const last = rows.children.length;
    await catalog.loadMore();
    const first = rows.children[last]?.querySelector("a");
    first?.focus();
  }

  /** The links of the rows, in order. */
  function links() {
    return [...rows.querySelectorAll("a")];
  }

  return {
    element,
    heading,
    search,
    render,

    /** @param {Desk | null} now */
    setDesk(now) {
      desk = now;
      render();
    },

    /** @param {string | null} id which note is open beside the list */
    setOpen(id) {
      open = id;
      render();
    },

    /**
     * Moves the focus along the rows.
     *
     * @param {1 | -1} step
     */
    step(step) {
      const all = links();
      const here = document.activeElement;
      const from =
        all.find((link) => link === here) ?? all.find((link) => link.ariaCurrent === "page");
      const to = from ? all.indexOf(from) + step : 0;
      all[Math.min(Math.max(to, 0), all.length - 1)]?.focus();
    },

    /**
     * Puts the focus on the row of a note, or else on the heading.
     *
     * @param {string | null} id
     */
    focusOn(id) {
      const row = id === null ? undefined : elements.get(id);
      (row?.link ?? heading).focus();
    },

    close() {
      waiting?.stop();
      catalog.removeEventListener("change", render);
      catalog.removeEventListener("found", tellFound);
    },
  };
}

/** @param {string} id */
function rowElement(id) {
  const title = h("span", { class: "note-row-title" });
  const line = h("span", { class: "note-row-line" });
  const time = h("time", { class: "note-row-time" });
  const mark = h("span", { class: "note-row-mark" });
  const link = h(
    "a",
    { href: `/n/${encodeURIComponent(id)}`, class: "note-row" },
    title,
    line,
    h("span", { class: "note-row-foot" }, time, mark),
  );
  return {
    element: h("li", null, link),
    link,
    /**
     * @param {Row} row
     * @param {boolean} isOpen
     */
    update(row, isOpen) {
      setText(title, row.title);
      setText(line, row.line);
      setText(time, row.updated === null ? "" : ago(row.updated, Date.now()));
      time.dateTime = row.updated ?? "";
      time.title = row.updated === null ? "" : exactly(row.updated);
      setText(mark, row.mark ?? "");
      mark.hidden = row.mark === null;
      if (isOpen) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    },
  };
}

/**
 * @param {HTMLElement} element
 * @param {string} text
 */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
