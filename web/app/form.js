/** Sending a form: once at a time, with a word on how it goes. */

import { announce } from "./announce.js";
import { h } from "./dom.js";
import { hidePasswords } from "./field.js";
import { clear, focusFirst, place, placeBeside } from "./problem.js";
import { countDown } from "./wait.js";

/**
 * @typedef {object} FormOptions
 * @property {string} label what the button says
 * @property {string} busy what it says while the form is being sent
 * @property {'primary' | 'danger'} [look]
 * @property {() => Promise<boolean>} [ask] asks whether a form that is complete is really to be sent
 * @property {(values: FormData, form: HTMLFormElement) => Promise<void>} send rejects with what went wrong
 */

/**
 * A form that a script sends. What was typed stays, whatever becomes of it. When the server wants to be
 * left alone for a while, the form waits, and shows for how long.
 *
 * @param {FormOptions} options
 * @param {...(Node | null)} fields
 * @returns {HTMLFormElement}
 */
export function form({ label, busy, look = "primary", ask, send }, ...fields) {
  const button = h("button", { type: "submit", class: `button button-${look}` }, label);
  const status = h("p", { class: "status" });
  const wait = h("p", { class: "status" });
  const element = h("form", { class: "form", novalidate: true }, ...fields, status, wait);
  element.append(h("div", { class: "buttons" }, button));
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") !== "true") void submit();
  });

  async function submit() {
    clear(element);
    hidePasswords(element);
    if (!isComplete(element)) return;
    if (ask && !(await ask())) return;
    stop(busy);
    announce(busy);
    try {
      await send(new FormData(element), element);
      go();
    } catch (problem) {
      if (!element.isConnected) return;
      go();
      place(element, problem);
      if (isToWait(problem)) {
        stop(label);
        countDown(problem, wait, () => {
          wait.textContent = "";
          clear(element);
          go();
        });
      }
    }
  }

  /** @param {string} text */
  function stop(text) {
    button.setAttribute("aria-disabled", "true");
    button.textContent = text;
  }

  function go() {
    button.removeAttribute("aria-disabled");
    button.textContent = label;
  }

  return element;
}

/**
 * What somebody typed into a field.
 *
 * @param {FormData} values
 * @param {string} name
 */
export function typed(values, name) {
  const value = values.get(name);
  return typeof value === "string" ? value : "";
}

/** @param {HTMLFormElement} form */
function isComplete(form) {
  for (const control of form.querySelectorAll("input")) {
    const { name, value, dataset } = control;
    if (dataset.missing !== undefined && value === "") placeBeside(form, name, dataset.missing);
  }
  focusFirst(form);
  return form.querySelector("[aria-invalid]") === null;
}

/**
 * @param {unknown} problem
 * @returns {problem is {retryAfter: number | null}}
 */
function isToWait(problem) {
  const { status, retryAfter } = /** @type {Partial<import("../latchkey.js").Problem>} */ (problem);
  return status === 429 || (status === 503 && typeof retryAfter === "number");
}
