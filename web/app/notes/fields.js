/** The two fields of a note: they grow with what is in them, and say when it is too much. */

import { h } from "../dom.js";
import { LIMITS, lengthOf, nameFor } from "./text.js";

/** @typedef {import('./text.js').Content} Content */
/** @typedef {{problem: {errors: {field: string, message: string}[]} | null, fields: (keyof Content)[]}} Refusal */

/** From this share of the limit on, the count is shown. */
const NEARLY = 0.9;
const COUNT = new Intl.NumberFormat("en");

/**
 * @param {object} options
 * @param {(content: Content) => void} options.edited
 * @param {() => void} options.left called when the focus leaves a field
 */
export function noteFields({ edited, left }) {
  const title = h("input", {
    id: "note-title",
    class: "note-title",
    type: "text",
    placeholder: "Title",
    autocomplete: "off",
    enterkeyhint: "next",
    "aria-describedby": "note-title-count",
    on: { input: typed, blur: left, keydown: goOn },
  });
  const titleCount = h("p", { id: "note-title-count", class: "note-count" });
  const body = h("textarea", {
    id: "note-body",
    class: "note-body",
    placeholder: "Write something",
    rows: 8,
    "aria-describedby": "note-body-count",
    on: { input: typed, blur: left },
  });
  const bodyCount = h("p", { id: "note-body-count", class: "note-count" });
  const element = h(
    "div",
    { class: "note-fields", hidden: true },
    h("label", { class: "visually-hidden", for: title.id }, "Title"),
    title,
    titleCount,
    h("label", { class: "visually-hidden", for: body.id }, "Text"),
    body,
    bodyCount,
  );

  function typed() {
    edited({ title: title.value, body: body.value });
    measure();
  }

  /** @param {KeyboardEvent} event */
  function goOn(event) {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    body.focus();
  }

  function measure() {
    count(title, titleCount, LIMITS.title);
    count(body, bodyCount, LIMITS.body);
    title.placeholder = body.value.trim() === "" ? "Title" : nameFor(body.value);
    if (CSS.supports("field-sizing", "content")) return;
    body.style.height = "auto";
    body.style.height = `${body.scrollHeight}px`;
  }

  return {
    element,

    /**
     * Shows a content; a field that has it already, as after typing, is left alone.
     *
     * @param {Content} content
     */
    set(content) {
      let isOther = false;
      for (const [field, text] of [
        [title, content.title],
        [body, content.body.replace(/\r\n?/g, "\n")],
      ]) {
        const control = /** @type {HTMLInputElement | HTMLTextAreaElement} */ (field);
        if (control.value === text) continue;
        control.value = String(text);
        isOther = true;
      }
      if (isOther) measure();
    },

    /**
     * Says beside the fields what the server does not take.
     *
     * @param {Refusal | null} refusal
     */
    complain(refusal) {
      for (const { field, message } of refusal?.problem?.errors ?? []) {
        if (field === "title") complain(title, titleCount, message);
        if (field === "body") complain(body, bodyCount, message);
      }
    },

    /** Forgets what was said of another note. */
    reset() {
      measure();
    },

    focusTitle: () => title.focus(),
    focusBody: () => body.focus(),
  };
}

/**
 * @param {HTMLInputElement | HTMLTextAreaElement} field
 * @param {HTMLElement} line
 * @param {number} limit
 */
function count(field, line, limit) {
  // Code points are never more than units: most texts need not be counted.
  const length = field.value.length < limit * NEARLY ? 0 : lengthOf(field.value);
  const isNear = length >= limit * NEARLY;
  const of = `${COUNT.format(length)} of ${COUNT.format(limit)} characters`;
  const text = length > limit ? `${of}. Shorten it, so that it can be saved.` : of;
  line.textContent = isNear ? text : "";
  mark(field, line, length > limit);
}

/**
 * @param {HTMLInputElement | HTMLTextAreaElement} field
 * @param {HTMLElement} line
 * @param {string} message
 */
function complain(field, line, message) {
  line.textContent = message;
  mark(field, line, true);
}

/**
 * @param {HTMLElement} field
 * @param {HTMLElement} line
 * @param {boolean} isWrong
 */
function mark(field, line, isWrong) {
  line.classList.toggle("note-count-over", isWrong);
  if (isWrong) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}
