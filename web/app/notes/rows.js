/** What the list shows: what the server has, with what is under this person's hands laid over it. */

import { asSent, firstLine, nameFor } from "./text.js";

/** @typedef {import('./api.js').Note} Note */
/** @typedef {import('./saver.js').Saver} Saver */

/**
 * @typedef {object} Row
 * @property {string} id of the note, or of a draft that is no note yet
 * @property {string} title
 * @property {string} line the beginning of the text
 * @property {string | null} updated when it was last saved, RFC 3339
 * @property {'Not saved yet' | 'Changed elsewhere' | 'Deleted elsewhere' | null} mark
 */

/** As much as one line shows on the widest screen. */
const LINE_CHARACTERS = 160;

/**
 * @param {readonly Note[]} notes
 * @param {{unsaved: Saver[], hides(note: string): boolean}} desk
 * @param {boolean} isSearch whether the notes are what was found, to which nothing is added
 * @returns {Row[]}
 */
export function rowsOf(notes, desk, isSearch) {
  const { unsaved } = desk;
  const listed = new Set(notes.map(({ id }) => id));
  const others = unsaved.filter(({ note }) => note === null || !listed.has(note));
  return [
    ...(isSearch ? [] : others.map((saver) => rowOfDraft(saver, null))),
    ...notes
      .filter(({ id }) => !desk.hides(id))
      .map((note) => {
        const saver = unsaved.find((draft) => draft.note === note.id);
        return saver ? rowOfDraft(saver, note) : rowOfNote(note);
      }),
  ];
}

/**
 * @param {Note} note
 * @returns {Row}
 */
function rowOfNote({ id, title, body, updated_at }) {
  return { id, title, line: lineOf(title, body), updated: updated_at, mark: null };
}

/**
 * @param {Saver} saver
 * @param {Note | null} note
 * @returns {Row}
 */
function rowOfDraft({ id, note: noteId, content, obstacle }, note) {
  const { title, body } = asSent(content);
  return {
    id: noteId ?? id,
    title,
    line: lineOf(title, body),
    updated: note?.updated_at ?? null,
    mark: markOf(obstacle),
  };
}

/**
 * @param {Saver['obstacle']} obstacle
 * @returns {Row['mark']}
 */
function markOf(obstacle) {
  if (obstacle?.kind === "conflict") return "Changed elsewhere";
  return obstacle?.kind === "gone" ? "Deleted elsewhere" : "Not saved yet";
}

/**
 * A note that is called by its first line goes on with the second.
 *
 * @param {string} title
 * @param {string} body
 */
function lineOf(title, body) {
  const first = firstLine(body);
  const isTitle = first !== "" && nameFor(body) === title;
  const line = isTitle ? firstLine(body.slice(body.indexOf(first) + first.length)) : first;
  return line.slice(0, LINE_CHARACTERS);
}
