/** The account of whoever is signed in. */

import { h } from "../dom.js";

/** @type {import("../router.js").MakeView} */
export function accountView() {
  return { title: "Account", element: h("div", { class: "page" }, h("h1", null, "Account")) };
}
