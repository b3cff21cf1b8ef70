/** Signing in. */

/** @typedef {import("../../latchkey.js").Problem} Problem */

import { advise } from "../advice.js";
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

  // Whoever has a temporary password chooses one of their own here.
  const fresh = passwordField({
    label: "New password",
    name: "new_password",
    autocomplete: "new-password",
    missing: "Choose a password.",
    hint: "At least 8 characters. Three or four words that have nothing to do with each other are good.",
  });
  advise(latchkey, fresh, () => ({ username: identifier.input.value }));
  for (const { input } of [identifier, password]) {
    input.addEventListener("input", () => fresh.element.remove());
  }

  /** @param {FormData} values */
  async function send(values) {
    const newPassword = typed(values, "new_password");
    try {
      await latchkey.logIn({
        identifier: typed(values, "identifier").trim(),
        password: typed(values, "password"),
        ...(newPassword && { new_password: newPassword }),
      });
    } catch (problem) {
      if (/** @type {Partial<Problem>} */ (problem).code === "password_change_required") {
        fresh.input.value = "";
        password.element.after(fresh.element);
        fresh.input.focus();
      }
      throw problem;
    }
  }

  return { title: "Sign in", element, focus: identifier.input };
}
