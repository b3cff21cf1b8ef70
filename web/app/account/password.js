/** Changing the password. */

import { advise } from "../advice.js";
import { passwordField } from "../field.js";
import { form, typed } from "../form.js";
import { sayStatus } from "../problem.js";
import { withProof } from "./proof.js";
import { section } from "./section.js";

/**
 * @param {import("../../latchkey.js").Latchkey} latchkey
 * @param {HTMLInputElement} name whose password it is, for password managers
 * @param {() => void} changed called when something has happened to the account
 */
export function passwordSection(latchkey, name, changed) {
  const current = passwordField({
    label: "Current password",
    name: "current_password",
    autocomplete: "current-password",
    missing: "Enter your current password.",
  });
  const fresh = passwordField({
    label: "New password",
    name: "new_password",
    autocomplete: "new-password",
    missing: "Choose a password.",
    hint: "At least 8 characters. Three or four words that have nothing to do with each other are good.",
  });
  advise(latchkey, fresh, () => {
    const session = latchkey.session;
    return {
      username: session?.username,
      email: session?.email,
      full_name: session?.name ?? undefined,
    };
  });
  const { element } = section(
    "Password",
    "With a new one, you stay signed in here and are signed out on all your other devices.",
    form(
      { label: "Change password", busy: "Changing the password…", send },
      name,
      current.element,
      fresh.element,
    ),
  );

  /**
   * @param {FormData} values
   * @param {HTMLFormElement} form
   */
  async function send(values, form) {
    await withProof("current_password", () =>
      latchkey.changePassword({
        current_password: typed(values, "current_password"),
        new_password: typed(values, "new_password"),
      }),
    );
    for (const { input } of [current, fresh]) {
      input.value = "";
      input.dispatchEvent(new Event("input"));
    }
    sayStatus(form, "Your password is changed. All other devices are signed out.", "ok");
    changed();
  }

  return { element, hasChanges: () => fresh.input.value !== "" };
}
