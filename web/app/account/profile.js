/** Who the person is to others. */

import { h } from "../dom.js";
import { field } from "../field.js";
import { form, typed } from "../form.js";
import { sayStatus } from "../problem.js";
import { fetched } from "./fetched.js";
import { bones, section } from "./section.js";

/** @typedef {import("../../latchkey.js").User} User */

/**
 * @param {import("../../latchkey.js").Latchkey} latchkey
 * @param {() => void} changed called when something has happened to the account
 */
export function profileSection(latchkey, changed) {
  /** What the form holds that is not saved. */
  let hasChanges = () => false;

  const content = fetched({
    latchkey,
    bones: bones(3),
    fallback: () => heading,
    get: async (signal) => (await latchkey.call("GET", "/auth/me", { signal })).data,
    draw,
  });
  const { element, heading } = section(
    "Profile",
    "The name that you sign in with, and what you are called.",
    content.element,
  );
  content.element.classList.add("account-profile");

  /** @param {User} user */
  function draw(user) {
    let known = user;
    const username = field({
      label: "Username",
      name: "username",
      autocomplete: "username",
      missing: "Choose a username.",
      hint: "3 to 32 letters, digits, and the signs _ . -",
      value: known.username,
    });
    const fullName = field({
      label: "Full name",
      name: "full_name",
      autocomplete: "name",
      autocapitalize: "words",
      value: known.full_name ?? "",
    });
    const changes = () => changesOf(known, username.input.value, fullName.input.value);
    hasChanges = () => Object.keys(changes()).length > 0;

    return h(
      "div",
      null,
      h("dl", { class: "facts" }, ...fact("E-mail", user.email), ...fact("Registered", day(user))),
      form({ label: "Save", busy: "Saving…", send }, username.element, fullName.element),
    );

    /**
     * @param {FormData} _
     * @param {HTMLFormElement} form
     */
    async function send(_, form) {
      if (!hasChanges()) {
        sayStatus(form, "There is nothing to save: it is as it was.", "ok");
        return;
      }
      const sent = typedIn(form);
      const { data } = await latchkey.call("PATCH", "/auth/me", { body: changes() });
      known = data;
      // What was typed meanwhile stays.
      const now = typedIn(form);
      if (now.username === sent.username) username.input.value = known.username;
      if (now.fullName === sent.fullName) fullName.input.value = known.full_name ?? "";
      sayStatus(form, "Saved.", "ok");
      // Where that fails the page's head shows the new name with the next renewal.
      await latchkey.renew().catch(() => {});
      changed();
    }
  }

  return { element, content, hasChanges: () => hasChanges() };
}

/** @param {HTMLFormElement} form */
function typedIn(form) {
  const values = new FormData(form);
  return { username: typed(values, "username"), fullName: typed(values, "full_name") };
}

/**
 * @param {User} known
 * @param {string} username
 * @param {string} fullName
 * @returns {{username?: string, full_name?: string | null}}
 */
export function changesOf(known, username, fullName) {
  const name = username.trim();
  const full = fullName.trim() || null;
  return {
    // Capital letters become small ones.
    ...(name.toLowerCase() !== known.username && { username: name }),
    ...(full !== known.full_name && { full_name: full }),
  };
}

/**
 * @param {string} name
 * @param {string} text
 */
function fact(name, text) {
  return [h("dt", null, name), h("dd", null, text)];
}

/** @param {User} user */
function day({ created_at }) {
  return new Date(created_at).toLocaleDateString("en", { dateStyle: "medium" });
}
