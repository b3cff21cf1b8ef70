import { h } from "../dom.js";

/**
 * The notes of whoever is signed in.
 *
 * @type {import("../router.js").MakeView}
 */
export function notesView() {
  return { title: "Notes", element: h("section", null, h("h1", null, "Notes")) };
}
