/** Creating an account. */

import { advise } from "../advice.js";
import { h } from "../dom.js";
import { field, passwordField } from "../field.js";
import { form, typed } from "../form.js";

/** @type {import("../router.js").MakeView} */
export function registerView({ latchkey }) {
  const username = field({
    label: "Username",
    name: "username",
    autocomplete: "username",
    missing: "Choose a username.",
    hint: "3 to 32 letters, digits, and the signs _ . -",
  });
  const email = field({
    label: "E-mail",
    name: "email",
    type: "email",
    inputmode: "email",
    autocomplete: "email",
    missing: "Enter your e-mail address.",
  });
  const name = field({
    label: "Full name",
    name: "full_name",
    autocomplete: "name",
    autocapitalize: "words",
  });
  const password = passwordField({
    label: "Password",
    name: "password",
    autocomplete: "new-password",
    missing: "Choose a password.",
    hint: "At least 8 characters. Three or four words that have nothing to do with each other are good.",
  });
  advise(latchkey, password, () => ({
    username: username.input.value,
    email: email.input.value,
    full_name: name.input.value,
  }));
  const element = h(
    "div",
    { class: "entrance" },
    h("h1", null, "Create an account"),
    form(
      { label: "Create account", busy: "Creating your account…", send },
      username.element,
      email.element,
      name.element,
      password.element,
    ),
    h(
      "p",
      { class: "entrance-other" },
      "Already have one? ",
      h("a", { href: "/sign-in" }, "Sign in"),
    ),
  );

  /** @param {FormData} values */
  async function send(values) {
    const fullName = typed(values, "full_name").trim();
    await latchkey.register({
      username: typed(values, "username").trim(),
      email: typed(values, "email").trim(),
      password: typed(values, "password"),
      ...(fullName && { full_name: fullName }),
    });
  }

  return { title: "Create an account", element, focus: username.input };
}
