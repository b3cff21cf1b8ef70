/** The notes of whoever is signed in: the list, and one note beside it or in its place. */

import { h } from "../dom.js";
import { register } from "../shortcuts.js";
import { toast } from "../toast.js";
import { notesApi } from "./api.js";
import { Catalog } from "./catalog.js";
import { browserClock } from "./clock.js";
import { canUndo, deleteWithUndo, undoDeletion } from "./deletions.js";
import { desksOf } from "./desks.js";
import { nameOf, noteEditor } from "./editor.js";
import { notesList } from "./list.js";

/** @typedef {import('./desk.js').Desk} Desk */
/** @typedef {import('./saver.js').Saver} Saver */

/** What the address calls a note that is yet to be written. */
const NEW = "new";

/** @type {import('../router.js').MakeView} */
export function notesView(site, parameters) {
  const desks = desksOf(site.latchkey);
  const catalog = new Catalog({ api: notesApi(site.latchkey), clock: browserClock });
  const list = notesList({ catalog });
  const editor = noteEditor({ remove, keepBoth, keepAsNew });
  const element = h("div", { class: "notes" }, list.element, editor.element);

  /** @type {Desk | null} */
  let desk = null;
  /** @type {Saver | null} */
  let saver = null;
  let id = parameters.id ?? null;
  let isClosed = false;

  const shortcuts = [
    register({ keys: "n", label: "New note", run: () => void site.navigate("/n/new") }),
    register({ keys: "/", label: "Search", run: () => list.search.focus(), when: seesList }),
    register({ keys: "j", label: "Next note", run: () => list.step(1), when: seesList }),
    register({ keys: "k", label: "Previous note", run: () => list.step(-1), when: seesList }),
    register({ keys: "ArrowDown", label: "Next note", run: () => list.step(1), when: isInList }),
    register({ keys: "ArrowUp", label: "Previous note", run: () => list.step(-1), when: isInList }),
    register({ keys: "Escape", label: "Back to the list", run: () => backToList() }),
    register({ keys: "Mod+s", label: "Save now", run: () => void editor.save(), when: hasNote }),
    register({ keys: "u", label: "Undo deleting", run: () => undoDeletion(), when: canUndo }),
  ];
  desks.addEventListener("change", sitDown);
  arrange();
  void sitDown();

  /** Takes the desk that is there now, and puts the open note on it. */
  async function sitDown() {
    const now = await desks.current();
    if (isClosed || now === desk) return;
    desk?.removeEventListener("change", render);
    desk?.removeEventListener("notes", takeNews);
    desk = now;
    saver = null;
    list.setDesk(desk);
    desk?.addEventListener("change", render);
    desk?.addEventListener("notes", takeNews);
    if (!desk) return;
    void catalog.load();
    open();
  }

  /** In a narrow window there is room for one of the two, from the first frame on. */
  function arrange() {
    element.dataset.shows = id === null ? "list" : "note";
  }

  /** Shows what the address says. */
  function open() {
    const before = saver;
    arrange();
    if (desk) {
      if (id === null) saver = null;
      else if (id === NEW) saver = desk.create();
      else
        saver = desk.open(
          id,
          catalog.notes.find((note) => note.id === id),
        );
    }
    if (before && before !== saver) void desk?.leave(before);
    editor.show(saver);
    render();
  }

  function render() {
    if (saver) followAddress(saver);
    list.setOpen(saver && (saver.note ?? saver.id));
    site.retitle(titleNow());
    if (saver?.state === "deleted") void site.navigate("/", { replace: true });
  }

  /**
   * A note is at its own address as soon as it has one, so that it is there again after a reload.
   *
   * @param {Saver} current
   */
  function followAddress(current) {
    const own = current.note ?? (current.unsaved ? current.id : id);
    if (own === null || own === id) return;
    id = own;
    history.replaceState(history.state, "", `/n/${encodeURIComponent(own)}`);
  }

  /** @param {Event} event */
  function takeNews(event) {
    const { note } = /** @type {import('./desk.js').NotesEvent} */ (event);
    if (note) catalog.place(note);
    if (!note || catalog.query !== "") catalog.retry();
  }

  function titleNow() {
    if (saver) return nameOf(saver);
    return id === null ? "Notes" : "Note";
  }

  /** @param {Saver} removed */
  function remove(removed) {
    deleteWithUndo(removed);
    void site.navigate("/");
  }

  /** @param {Saver} current */
  function keepBoth(current) {
    const copy = desk?.keepBoth(current);
    if (!copy) return;
    toast("What you wrote here is a note of its own now.", {
      action: { label: "Open it", run: () => void site.navigate(`/n/${copy.note ?? copy.id}`) },
      seconds: 10,
    });
  }

  /** @param {Saver} current */
  function keepAsNew(current) {
    desk?.keepAsNew(current);
  }

  /** In a narrow window the list is not there while a note is. */
  function seesList() {
    return list.element.checkVisibility();
  }

  function isInList() {
    return list.element.contains(document.activeElement);
  }

  function hasNote() {
    return saver !== null;
  }

  /** In the search, the browser has its own use for Escape. */
  function backToList() {
    if (document.activeElement === list.search) return false;
    if (seesList()) list.focusOn(id);
    else void site.navigate("/");
    return true;
  }

  return {
    element,
    get title() {
      return titleNow();
    },
    focus: id === NEW ? undefined : id === null ? list.heading : editor.heading,

    update({ id: next = null }) {
      const from = id;
      id = next;
      open();
      if (id === NEW) editor.focusTitle();
      else if (id === null) list.focusOn(from);
      else editor.heading.focus();
    },

    close() {
      isClosed = true;
      desks.removeEventListener("change", sitDown);
      for (const unregister of shortcuts) unregister();
      desk?.removeEventListener("change", render);
      desk?.removeEventListener("notes", takeNews);
      if (saver) void desk?.leave(saver);
      editor.close();
      list.close();
      catalog.close();
    },
  };
}
