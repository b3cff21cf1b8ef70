/** Advice on a new password, while it is being typed. It never keeps anybody from sending the form. */

import { announce } from "./announce.js";

const PAUSE_MS = 450;
const SHORTEST = 8;

/**
 * Shows in the field's hint what the server thinks of the password. Where the server cannot be asked,
 * the hint stays what it was.
 *
 * @param {import("../latchkey.js").Latchkey} latchkey
 * @param {import("./field.js").Field} field with a hint
 * @param {() => {username?: string, email?: string, full_name?: string}} known what others know of the
 *   person, and would try first
 */
export function advise(latchkey, { element, input, hint }, known) {
  if (!hint) throw new Error("There is no room for advice.");
  hint.classList.add("hint-roomy");
  const usual = hint.textContent ?? "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let asking = new AbortController();

  input.addEventListener("input", () => {
    stop();
    if ([...input.value].length < SHORTEST) {
      say(usual, null);
      return;
    }
    timer = setTimeout(() => void ask(), PAUSE_MS);
  });
  // The form is sent: what is wrong with the password, its answer says, and says it once.
  element.addEventListener("hide", () => {
    stop();
    say(usual, null);
  });

  function stop() {
    asking.abort();
    clearTimeout(timer);
  }

  async function ask() {
    asking = new AbortController();
    const { signal } = asking;
    const body = { password: input.value, ...present(known()) };
    try {
      const { data } = await latchkey.call("POST", "/auth/password/advice", {
        body,
        signal,
        anonymous: true,
      });
      if (signal.aborted || !input.isConnected) return;
      say(data.acceptable ? "This password is hard to guess." : data.advice, data.acceptable);
      announce(hint?.textContent ?? "");
    } catch {
      if (!signal.aborted) say(usual, null);
    }
  }

  /**
   * @param {string} text
   * @param {boolean | null} good
   */
  function say(text, good) {
    if (!hint) return;
    hint.textContent = text;
    hint.classList.toggle("hint-ok", good === true);
    hint.classList.toggle("hint-warn", good === false);
  }
}

/**
 * Without what has not been typed yet.
 *
 * @param {Record<string, string | undefined>} known
 */
function present(known) {
  return Object.fromEntries(Object.entries(known).filter(([, text]) => text));
}
