/** What went wrong, in words for people, and where on a form it is said. */

import { alarm } from "./announce.js";
import { h, show, uniqueId } from "./dom.js";

/** @typedef {import("../latchkey.js").Problem} Problem */

/** @type {Record<string, string>} */
const SENTENCES = {
  unreachable: "Latchkey cannot be reached. Check your connection and try again.",
  aborted: "This was stopped before it was done.",
  overloaded: "Many people are signing in right now. Please try again in a moment.",
  unavailable: "Latchkey cannot do this right now. Please try again in a moment.",
  internal_error: "Something went wrong on our side. Please try again.",
  validation_failed: "Some of this needs a change.",
  password_change_required: "This password is temporary. Choose one of your own.",
  invalid_credentials: "The name or the password is wrong.",
  username_taken: "Someone goes by this username already.",
  email_taken: "Someone is registered with this e-mail address already.",
  payload_too_large: "This is too long to be sent.",
  not_found: "This is not here any more.",
};

/** Fields that a code speaks of without naming them. @type {Record<string, string>} */
const FIELDS = { username_taken: "username", email_taken: "email" };

/**
 * What to tell a person. Whatever is not a problem that the client told of is a mistake of ours, and
 * is said as such.
 *
 * @param {unknown} problem
 * @returns {string}
 */
export function sentence(problem) {
  const { status, code, detail } = told(problem);
  if (code === "rate_limited") return firstSentence(detail) || "Too many tries.";
  const known = SENTENCES[code];
  if (known) return known;
  if (status === 0 || status >= 500) return SENTENCES.internal_error ?? "";
  return detail || (SENTENCES.internal_error ?? "");
}

/**
 * The errors that belong beside a field.
 *
 * @param {unknown} problem
 * @returns {{field: string, message: string}[]}
 */
function fieldErrors(problem) {
  const { code, errors } = told(problem);
  const field = FIELDS[code];
  return field ? [{ field, message: sentence(problem) }] : errors;
}

/**
 * Says on a form what went wrong: beside each field it is about, with the focus on the first; the
 * rest in the form's `.status` line.
 *
 * @param {HTMLFormElement} form
 * @param {unknown} problem
 */
export function place(form, problem) {
  clear(form);
  const errors = fieldErrors(problem);
  const placed = errors.filter(({ field, message }) => placeBeside(form, field, message));
  if (placed.length === errors.length && placed.length > 0) {
    focusFirst(form);
    return;
  }
  const unplaced = errors.filter((error) => !placed.includes(error));
  const rest = unplaced.map(({ message }) => message).join(" ");
  sayStatus(form, rest || sentence(problem), "danger");
  focusFirst(form);
}

/**
 * Says something about the form as a whole, at once.
 *
 * @param {HTMLFormElement} form
 * @param {string} text
 * @param {'danger' | 'ok'} look
 */
export function sayStatus(form, text, look) {
  const status = form.querySelector(".status");
  if (!status) throw new Error("The form has no status line.");
  show(status, text);
  status.classList.toggle("status-danger", look === "danger");
  status.classList.toggle("status-ok", look === "ok");
  alarm(text);
}

/**
 * Takes back what was said.
 *
 * @param {HTMLFormElement} form
 */
export function clear(form) {
  for (const control of form.querySelectorAll("[aria-invalid]")) unmark(control);
  form.querySelector(".status")?.replaceChildren();
}

/**
 * Marks a field; the mark leaves as soon as the person mends it.
 *
 * @param {HTMLFormElement} form
 * @param {string} name
 * @param {string} message
 * @returns {boolean} whether the form has such a field
 */
export function placeBeside(form, name, message) {
  const control = form.elements.namedItem(name);
  if (!(control instanceof HTMLElement)) return false;
  unmark(control);
  const id = uniqueId("error");
  control.closest(".field")?.append(h("p", { class: "field-error", id }, message));
  control.setAttribute("aria-invalid", "true");
  const described = control.getAttribute("aria-describedby");
  control.setAttribute("aria-describedby", described ? `${id} ${described}` : id);
  control.addEventListener("input", () => unmark(control), { once: true });
  return true;
}

/**
 * Puts the focus on the first field that needs a change.
 *
 * @param {HTMLFormElement} form
 */
export function focusFirst(form) {
  const control = form.querySelector("[aria-invalid]");
  if (control instanceof HTMLElement) control.focus();
}

/** @param {Element} control */
function unmark(control) {
  const error = control.closest(".field")?.querySelector(".field-error");
  control.removeAttribute("aria-invalid");
  if (!error) return;
  const described = (control.getAttribute("aria-describedby") ?? "").split(" ");
  const left = described.filter((id) => id !== error.id).join(" ");
  if (left) control.setAttribute("aria-describedby", left);
  else control.removeAttribute("aria-describedby");
  error.remove();
}

/**
 * @param {unknown} problem
 * @returns {Pick<Problem, 'status' | 'code' | 'detail' | 'errors'>}
 */
function told(problem) {
  if (problem instanceof Error && "code" in problem) return /** @type {Problem} */ (problem);
  return { status: 0, code: "internal_error", detail: "", errors: [] };
}

/**
 * What the server says of waiting goes into the countdown.
 *
 * @param {string} text
 */
function firstSentence(text) {
  return /^[^.]*\./.exec(text)?.[0] ?? text;
}
