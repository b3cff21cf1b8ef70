/** Signing in. */

import { h } from "../dom.js";
import { field, passwordField } from "../field.js";
import { form, typed } from "../form.js";

/** @type {import("../router.js").MakeView} */
export function signInView({ latchkey, farewell }) {
  const identifier = field({
    label: "Username or e-mail",
    name: "identifier",
    autocomplete: "username",
    missing: "Enter your username or your e-mail address.",
  });
  const password = passwordField({
    label: "Password",
    name: "password",
    autocomplete: "current-password",
    missing: "Enter your password.",
  });
  const element = h(
    "div",
    { class: "entrance" },
    h("h1", null, "Sign in"),
    farewell && h("p", { class: "notice" }, farewell),
    form({ label: "Sign in", busy: "Signing in…", send }, identifier.element, password.element),
    h(
      "p",
      { class: "entrance-other" },
      "New here? ",
      h("a", { href: "/register" }, "Create an account"),
    ),
  );

  /** @param {FormData} values */
  async function send(values) {
    await latchkey.logIn({
      identifier: typed(values, "identifier").trim(),
      password: typed(values, "password"),
    });
  }

  return { title: "Sign in", element, focus: identifier.input };
}
