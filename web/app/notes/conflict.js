/** Two texts of one note, and the choice between them. */

import { h } from "../dom.js";
import { diff } from "./diff.js";

/** @typedef {import('./text.js').Content} Content */
/** @typedef {import('./diff.js').Line} Line */

/** Lines that stay around those that differ. */
const AROUND = 2;

/**
 * @param {object} options
 * @param {Content} options.theirs
 * @param {Content} options.mine
 * @param {() => void} options.keepMine
 * @param {() => void} options.takeTheirs
 * @param {() => void} options.keepBoth
 */
export function conflictView({ theirs, mine, keepMine, takeTheirs, keepBoth }) {
  const heading = h(
    "h2",
    { tabindex: "-1" },
    "This note was changed elsewhere while you were writing",
  );
  const lines = diff(theirs.body, mine.body);
  const element = h(
    "section",
    { class: "conflict" },
    heading,
    h("p", null, "Nothing is lost. Choose what this note is to say."),
    h(
      "div",
      { class: "conflict-texts" },
      version("Written elsewhere", theirs, "theirs", lines),
      version("Written here", mine, "mine", lines),
    ),
    h(
      "div",
      { class: "buttons" },
      button("Keep mine", keepMine, "button-primary"),
      button("Take theirs", takeTheirs),
      button("Keep both", keepBoth),
    ),
    h(
      "p",
      { class: "quiet" },
      "With both, what you wrote here becomes a note of its own. ",
      lines
        ? "Lines that only one of them has are marked."
        : "The texts are too long to show what differs.",
    ),
  );
  return { element, heading };
}

/**
 * @param {string} name
 * @param {Content} content
 * @param {'theirs' | 'mine'} side
 * @param {Line[] | null} lines
 */
function version(name, { title, body }, side, lines) {
  const sign = side === "mine" ? "+" : "−";
  const text = lines
    ? shorten(lines.filter(({ kind }) => kind === "same" || kind === side)).map((line) =>
        lineElement(line, sign),
      )
    : [h("li", { class: "conflict-line" }, body)];
  return h(
    "section",
    { class: `conflict-text conflict-${side}` },
    h("h3", null, name),
    h("p", { class: "conflict-title" }, title),
    h("ul", { class: "conflict-body", tabindex: "0", "aria-label": name }, ...text),
  );
}

/**
 * @param {Line | number} line a line, or how many that are the same are left out
 * @param {string} sign
 */
function lineElement(line, sign) {
  if (typeof line === "number") {
    const text = line === 1 ? "1 line that is the same" : `${line} lines that are the same`;
    return h("li", { class: "conflict-left-out" }, text);
  }
  if (line.kind === "same") return h("li", { class: "conflict-line" }, line.text || " ");
  return h(
    "li",
    { class: "conflict-line conflict-line-other" },
    h("span", { class: "conflict-sign", "aria-hidden": "true" }, sign),
    h("span", { class: "visually-hidden" }, "only here: "),
    h("mark", null, line.text || " "),
  );
}

/**
 * Leaves out what is the same and far from what differs.
 *
 * @param {Line[]} lines
 * @returns {(Line | number)[]}
 */
function shorten(lines) {
  const near = new Set();
  for (const [index, { kind }] of lines.entries()) {
    if (kind === "same") continue;
    for (let at = index - AROUND; at <= index + AROUND; at += 1) near.add(at);
  }
  if (near.size === 0)
    return lines.length > 40 ? [...lines.slice(0, 20), lines.length - 20] : lines;
  /** @type {(Line | number)[]} */
  const shown = [];
  for (const [index, line] of lines.entries()) {
    const last = shown.at(-1);
    if (near.has(index)) shown.push(line);
    else if (typeof last === "number") shown[shown.length - 1] = last + 1;
    else shown.push(1);
  }
  return shown;
}

/**
 * @param {string} label
 * @param {() => void} run
 * @param {string} [look]
 */
function button(label, run, look = "") {
  return h("button", { type: "button", class: `button ${look}`, on: { click: run } }, label);
}
