/** Fields of forms, with their labels, hints and the button that shows a password. */

import { h, icon, uniqueId } from "./dom.js";

/**
 * @typedef {object} FieldOptions
 * @property {string} label
 * @property {string} name as the server calls it, so that its errors find the field
 * @property {string} autocomplete
 * @property {string} [missing] what to say if it is left empty; without it, it may be
 * @property {string} [hint]
 * @property {string} [value]
 * @property {string} [type]
 * @property {number} [maxlength]
 * @property {string} [inputmode]
 * @property {string} [autocapitalize] `none` unless said otherwise
 */

/** @typedef {{element: HTMLElement, input: HTMLInputElement, hint: HTMLElement | null}} Field */

/**
 * @param {FieldOptions} options
 * @returns {Field}
 */
export function field(options) {
  const { input, label, hint } = parts(options);
  return { element: h("div", { class: "field" }, label, input, hint), input, hint };
}

/**
 * A field for a password, with a button that shows what is in it. It is hidden again when the form is
 * sent, so that the browser knows it for a password.
 *
 * @param {FieldOptions} options
 * @returns {Field}
 */
export function passwordField(options) {
  const { input, label, hint } = parts({ ...options, type: "password" });
  const toggle = h(
    "button",
    {
      type: "button",
      class: "button button-quiet button-icon",
      "aria-label": "Show the password",
      "aria-pressed": "false",
      "aria-controls": input.id,
      on: { click: () => reveal(input.type === "password") },
    },
    icon("eye"),
  );

  /** @param {boolean} shown */
  function reveal(shown) {
    input.type = shown ? "text" : "password";
    toggle.setAttribute("aria-pressed", String(shown));
    toggle.replaceChildren(icon(shown ? "eye-off" : "eye"));
  }

  const row = h("div", { class: "password" }, input, toggle);
  const element = h("div", { class: "field" }, label, row, hint);
  element.addEventListener("hide", () => reveal(false));
  return { element, input, hint };
}

/**
 * Hides every password of a form that is shown.
 *
 * @param {HTMLFormElement} form
 */
export function hidePasswords(form) {
  for (const element of form.querySelectorAll(".field")) element.dispatchEvent(new Event("hide"));
}

/**
 * Tells a password manager whose password the form is about. Nobody sees it.
 *
 * @param {string} username
 */
export function managedName(username) {
  return h("input", {
    type: "text",
    name: "username",
    autocomplete: "username",
    value: username,
    readonly: true,
    hidden: true,
  });
}

/** @param {FieldOptions} options */
function parts({ label: text, name, missing, hint: advice, value, type = "text", ...attributes }) {
  const id = uniqueId(name);
  const hint = advice === undefined ? null : h("p", { class: "hint", id: `${id}-hint` }, advice);
  const input = h("input", {
    autocapitalize: "none",
    spellcheck: "false",
    ...attributes,
    id,
    name,
    type,
    value,
    required: missing !== undefined,
    dataset: missing === undefined ? {} : { missing },
    "aria-describedby": hint?.id,
  });
  const optional = missing === undefined && h("span", { class: "optional" }, " (optional)");
  return { input, label: h("label", { for: id }, text, optional), hint };
}
