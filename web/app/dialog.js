/** Questions that have to be answered before anything else, in the browser's own dialog. */

import { h, uniqueId } from "./dom.js";

/**
 * @typedef {object} Choice
 * @property {string} label
 * @property {string} value
 * @property {'primary' | 'danger' | 'plain'} [look]
 */

/** @type {Set<HTMLDialogElement>} */
const open = new Set();

/**
 * Asks for a yes. Escape is a no. The focus starts on the answer that does no harm.
 *
 * @param {{title: string, text: string, confirm: string, cancel?: string, danger?: boolean}} question
 * @returns {Promise<boolean>}
 */
export async function confirm({ title, text, confirm, cancel = "Cancel", danger = false }) {
  const answer = await choose({
    title,
    content: h("p", null, text),
    choices: [
      { label: cancel, value: "no" },
      { label: confirm, value: "yes", look: danger ? "danger" : "primary" },
    ],
  });
  return answer === "yes";
}

/**
 * Offers choices; resolves to the chosen value, or to `null` if the dialog was left with Escape. The
 * focus starts on the first choice and returns to where it was.
 *
 * @param {{title: string, content: Node, choices: Choice[]}} question
 * @returns {Promise<string | null>}
 */
export function choose({ title, content, choices }) {
  const heading = uniqueId("dialog");
  const body = uniqueId("dialog-text");
  const buttons = choices.map(({ label, value, look = "plain" }) => {
    const button = { type: "submit", value, class: `button button-${look}` };
    return h("button", button, label);
  });
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-labelledby": heading, "aria-describedby": body },
    h("h2", { id: heading }, title),
    h("div", { id: body, class: "dialog-text" }, content),
    h("form", { method: "dialog", class: "buttons" }, ...buttons),
  );
  buttons[0]?.setAttribute("autofocus", "");
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      open.delete(dialog);
      dialog.remove();
      resolve(dialog.returnValue === "" ? null : dialog.returnValue);
    });
    document.body.append(dialog);
    open.add(dialog);
    dialog.showModal();
  });
}

/** Whether a question is waiting for its answer. */
export function isAsking() {
  return open.size > 0;
}

/** Takes back every question, unanswered: whom they were for is gone. */
export function dismissDialogs() {
  for (const dialog of [...open]) dialog.close("");
}
