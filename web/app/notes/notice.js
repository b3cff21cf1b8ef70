/** What stands below a note that cannot be saved as it is, and what can be done about it. */

import { sentence } from "../problem.js";

/** @typedef {import('./saver.js').Saver} Saver */

/** @typedef {{text: string, choices: {label: string, run: () => void}[]}} Notice */

/**
 * @param {Saver} saver
 * @param {boolean} isWritten whether there is a text that could be kept
 * @param {(saver: Saver) => void} keepAsNew
 * @returns {Notice | null}
 */
export function noticeOf(saver, isWritten, keepAsNew) {
  const { obstacle } = saver;
  if (obstacle?.kind === "gone") {
    return isWritten
      ? {
          text: "This note was deleted elsewhere. What you see is all that is left of it.",
          choices: [
            { label: "Keep it as a new note", run: () => keepAsNew(saver) },
            { label: "Let it go", run: () => saver.letGo() },
          ],
        }
      : { text: "There is no such note, or it was deleted.", choices: [] };
  }
  if (obstacle?.kind === "refused" && obstacle.problem && obstacle.fields.length === 0) {
    const text = `${sentence(obstacle.problem)} What you wrote is kept here.`;
    return { text, choices: [{ label: "Try again", run: () => saver.retry() }] };
  }
  if (saver.endangered) {
    const text =
      "This browser keeps nothing: its storage is full, or switched off. " +
      "Leave this tab open until the note is saved.";
    return { text, choices: [] };
  }
  return null;
}
