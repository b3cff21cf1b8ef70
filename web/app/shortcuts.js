/**
 * Keyboard shortcuts: those that hold now, the list of them under `?`, and a switch for those that
 * are a single character, which dictation software types by accident (WCAG 2.1.4).
 */

import { choose, isAsking } from "./dialog.js";
import { h } from "./dom.js";

/**
 * @typedef {object} Shortcut
 * @property {string | string[]} keys as `KeyboardEvent.key` names them; `Mod+` stands for Ctrl, on a Mac
 *   for Command. With several, any of them.
 * @property {string} label for the list
 * @property {(event: KeyboardEvent) => unknown} run the key then does nothing else, unless this
 *   returns `false`
 * @property {() => boolean} [when] whether it holds at the moment
 */

const SWITCH = "latchkey.character-shortcuts";

/** @type {Set<Shortcut>} */
const registered = new Set();

let charactersOff = remembered();

/**
 * Adds a shortcut; the last one added comes first.
 *
 * @param {Shortcut} shortcut
 * @returns {() => void} takes it away again
 */
export function register(shortcut) {
  registered.add(shortcut);
  return () => registered.delete(shortcut);
}

/** Listens from now on, and offers the list under `?`. */
export function startShortcuts() {
  register({ keys: "?", label: "Show the keyboard shortcuts", run: () => void listShortcuts() });
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || isAsking()) return;
    const pressed = nameOf(event);
    if (pressed === null || (isCharacter(pressed) && !charactersHold(event.target))) return;
    const shortcut = [...registered]
      .reverse()
      .find(({ keys, when }) => [keys].flat().includes(pressed) && (when?.() ?? true));
    if (shortcut && shortcut.run(event) !== false) event.preventDefault();
  });
}

/** Shows which shortcuts there are, and the switch. */
export async function listShortcuts() {
  const rows = [...registered]
    .filter(({ when }) => when?.() ?? true)
    .flatMap(({ keys, label }) => [h("dt", null, ...keyCaps([keys].flat())), h("dd", null, label)]);
  const box = h("input", { type: "checkbox", id: "character-shortcuts" });
  box.checked = !charactersOff;
  box.addEventListener("change", () => {
    charactersOff = !box.checked;
    remember(charactersOff);
  });
  const content = h(
    "div",
    null,
    h("dl", { class: "shortcuts" }, ...rows),
    h("label", { class: "choice", for: box.id }, box, "Use shortcuts that are a single character"),
  );
  await choose({
    title: "Keyboard shortcuts",
    content,
    choices: [{ label: "Close", value: "close" }],
  });
}

/**
 * The name of what was pressed, as shortcuts are written, or `null` for what none is written as.
 *
 * @param {Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>} event
 */
export function nameOf({ key, ctrlKey, metaKey, altKey }) {
  if (altKey || (ctrlKey && metaKey)) return null;
  if (ctrlKey || metaKey) return `Mod+${key.toLowerCase()}`;
  // With Shift or Caps Lock it is the same key; the list shows capitals.
  return isCharacter(key) ? key.toLowerCase() : key;
}

/** @param {string} name */
function isCharacter(name) {
  return [...name].length === 1;
}

/** @param {EventTarget | null} target */
function charactersHold(target) {
  return !charactersOff && !(target instanceof Element && isTyping(target));
}

/** @param {Element} element */
function isTyping(element) {
  if (element instanceof HTMLInputElement) return !["checkbox", "button"].includes(element.type);
  return element.matches("textarea, select, [contenteditable]");
}

/** The choice is remembered on this device; where that is forbidden, until the page is left. */
function remembered() {
  try {
    return localStorage.getItem(SWITCH) === "off";
  } catch {
    return false;
  }
}

/** @param {boolean} off */
function remember(off) {
  try {
    if (off) localStorage.setItem(SWITCH, "off");
    else localStorage.removeItem(SWITCH);
  } catch {
    // See above.
  }
}

/** @param {string[]} keys */
function keyCaps(keys) {
  const mod = /Mac|iP/.test(navigator.platform) ? "⌘" : "Ctrl";
  return keys.flatMap((key, index) => {
    const parts = key
      .split("+")
      .map((part) => h("kbd", null, part === "Mod" ? mod : capOf(part)))
      .flatMap((cap, place) => (place === 0 ? [cap] : ["+", cap]));
    return index === 0 ? parts : [" or ", ...parts];
  });
}

/** @param {string} key */
function capOf(key) {
  const names = /** @type {Record<string, string>} */ ({
    ArrowUp: "↑",
    ArrowDown: "↓",
    Escape: "Esc",
  });
  return names[key] ?? (isCharacter(key) ? key.toUpperCase() : key);
}
