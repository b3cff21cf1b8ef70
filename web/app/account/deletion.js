/** Deleting the account. */

import { confirm } from "../dialog.js";
import { passwordField } from "../field.js";
import { form, typed } from "../form.js";
import { withProof } from "./proof.js";
import { section } from "./section.js";

/**
 * @param {import("../../latchkey.js").Latchkey} latchkey
 * @param {HTMLInputElement} name whose password it is, for password managers
 */
export function deletionSection(latchkey, name) {
  const password = passwordField({
    label: "Password",
    name: "password",
    autocomplete: "current-password",
    missing: "Enter your password.",
  });
  return section(
    "Delete account",
    "Your account is deleted for good, and nobody can open your notes any more.",
    form(
      { label: "Delete account", busy: "Deleting your account…", look: "danger", ask, send },
      name,
      password.element,
    ),
  );

  function ask() {
    return confirm({
      title: "Delete your account?",
      text: "It is deleted for good, and nobody can open your notes any more. This cannot be undone.",
      confirm: "Delete account",
      cancel: "Keep it",
      danger: true,
    });
  }

  /** @param {FormData} values */
  function send(values) {
    return withProof("password", () =>
      latchkey.deleteAccount({ password: typed(values, "password") }),
    );
  }
}
