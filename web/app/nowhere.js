/** An address that means nothing. */

import { h } from "./dom.js";

/** @type {import("./router.js").MakeView} */
export function nowhereView() {
  return {
    title: "Nothing here",
    element: h(
      "div",
      { class: "page" },
      h("h1", null, "There is nothing here"),
      h("p", null, "The address may be mistyped, or what was there is gone."),
      h("p", null, h("a", { href: "/" }, "Go to the notes")),
    ),
  };
}
