/** One note, as it is read and written. */

import { alarm, announce } from "../announce.js";
import { h, icon, show } from "../dom.js";
import { conflictView } from "./conflict.js";
import { noteFields } from "./fields.js";
import { noticeOf } from "./notice.js";
import { statusOf } from "./status.js";
import { asSent } from "./text.js";

/** @typedef {import('./saver.js').Saver} Saver */

/**
 * @param {object} actions
 * @param {(saver: Saver) => void} actions.remove
 * @param {(saver: Saver) => void} actions.keepBoth
 * @param {(saver: Saver) => void} actions.keepAsNew
 */
export function noteEditor({ remove, keepBoth, keepAsNew }) {
  /** @type {Saver | null} */
  let saver = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let ticking;
  /** What was said last of how it goes. */
  let told = "";
  /** @type {object | null} */
  let shownConflict = null;
  /** @type {string | null} */
  let shownNotice = null;

  const heading = h("h2", { class: "visually-hidden", tabindex: "-1" });
  const status = h("p", { class: "note-status" });
  const removal = h(
    "button",
    { type: "button", class: "button button-quiet", on: { click: () => saver && remove(saver) } },
    icon("trash"),
    "Delete",
  );
  const fields = noteFields({
    edited: (content) => saver?.edit(content),
    left: () => void saver?.flush(),
  });
  const bones = h(
    "div",
    { class: "note-bones", role: "presentation" },
    h("div", { class: "bone bone-title" }),
    h("div", { class: "bone" }),
    h("div", { class: "bone" }),
    h("div", { class: "bone bone-short" }),
  );
  const conflict = h("div", { hidden: true });
  const notice = h("div", { class: "note-notice", hidden: true });
  const nothing = h("p", { class: "empty" }, "Choose a note to read it, or begin a new one.");
  const paper = h(
    "div",
    { class: "note-paper", hidden: true },
    h(
      "div",
      { class: "note-bar" },
      h("a", { class: "button button-quiet note-back", href: "/" }, icon("back"), "Notes"),
      status,
      removal,
    ),
    heading,
    bones,
    fields.element,
    conflict,
    notice,
  );
  const element = h("section", { class: "note-editor", "aria-label": "Note" }, nothing, paper);

  function render() {
    nothing.hidden = saver !== null;
    paper.hidden = saver === null;
    if (!saver) return;
    const { state, obstacle } = saver;
    const isConflict = obstacle?.kind === "conflict";
    const isUnread = state === "loading" || (obstacle !== null && !isWritten(saver));
    heading.textContent = nameOf(saver);
    bones.hidden = state !== "loading";
    fields.element.hidden = isUnread || isConflict;
    removal.hidden = isUnread || isConflict || state === "new";
    renderFields(saver);
    renderConflict(saver);
    renderNotice(saver);
    renderStatus();
  }

  /** @param {Saver} current */
  function renderFields(current) {
    const { obstacle } = current;
    fields.set(current.content);
    fields.complain(obstacle?.kind === "refused" ? obstacle : null);
  }

  /** @param {Saver} current */
  function renderConflict(current) {
    const { obstacle } = current;
    const theirs = obstacle?.kind === "conflict" ? obstacle.theirs : null;
    if (theirs === shownConflict) return;
    const hadFocus = element.contains(document.activeElement);
    shownConflict = theirs;
    conflict.hidden = theirs === null;
    if (!theirs) {
      show(conflict);
      if (hadFocus) fields.focusBody();
      return;
    }
    const view = conflictView({
      theirs,
      mine: asSent(current.content),
      keepMine: () => current.keepMine(),
      takeTheirs: () => current.takeTheirs(),
      keepBoth: () => keepBoth(current),
    });
    show(conflict, view.element);
    if (hadFocus) view.heading.focus();
    alarm(view.heading.textContent ?? "");
  }

  /** @param {Saver} current */
  function renderNotice(current) {
    const wanted = noticeOf(current, isWritten(current), keepAsNew);
    if (wanted?.text === shownNotice) return;
    const hadFocus = notice.contains(document.activeElement);
    shownNotice = wanted?.text ?? null;
    notice.hidden = wanted === null;
    show(notice);
    if (hadFocus) fields.focusBody();
    if (!wanted) return;
    const buttons = wanted.choices.map(({ label, run }) =>
      h("button", { type: "button", class: "button", on: { click: run } }, label),
    );
    show(
      notice,
      h("p", null, wanted.text),
      buttons.length > 0 && h("div", { class: "buttons" }, ...buttons),
    );
    alarm(wanted.text);
  }

  function renderStatus() {
    if (!saver) return;
    const seconds = Math.max(Math.ceil((saver.retryAt - Date.now()) / 1_000), 0);
    const { text, look, isNews } = statusOf(saver, {
      seconds,
      isOnline: navigator.onLine,
      isWritten: isWritten(saver),
    });
    if (status.textContent !== text) status.textContent = text;
    status.dataset.look = look;
    tick(saver.problem?.status === 429);
    // Who listens hears once how it goes, not at each pause in typing, and not each second.
    const news = text.replace(/\d+ s$/, "a moment");
    if (!isNews || news === told) return;
    if (look !== "danger" && !(told === "" && news === "Saved")) announce(news);
    told = news;
  }

  /** @param {boolean} on */
  function tick(on) {
    if (on === (ticking !== undefined)) return;
    clearInterval(ticking);
    ticking = on ? setInterval(renderStatus, 1_000) : undefined;
  }

  function replaced() {
    announce("This note was changed elsewhere. You see it as it is now.");
  }

  function unbind() {
    saver?.removeEventListener("change", render);
    saver?.removeEventListener("replaced", replaced);
    tick(false);
  }

  return {
    element,
    heading,

    /**
     * Shows a note, or none.
     *
     * @param {Saver | null} next
     */
    show(next) {
      if (next === saver) return;
      unbind();
      saver = next;
      told = "";
      next?.addEventListener("change", render);
      next?.addEventListener("replaced", replaced);
      fields.reset();
      render();
    },

    /** Puts the focus where a new note begins. */
    focusTitle: () => fields.focusTitle(),

    /** Saves, and says how that went, because somebody asked for it. */
    async save() {
      await saver?.flush();
      if (saver && saver.state === "saved") announce("Saved");
    },

    close: unbind,
  };
}

/**
 * What an open note is called.
 *
 * @param {Saver} saver
 */
export function nameOf(saver) {
  if (isWritten(saver)) return asSent(saver.content).title;
  return saver.note === null ? "New note" : "Note";
}

/**
 * Whether there is a text to show: the note was read, or something was typed.
 *
 * @param {Saver} saver
 */
function isWritten({ version, unsaved }) {
  return version !== null || unsaved;
}
