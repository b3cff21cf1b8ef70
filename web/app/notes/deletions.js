/** Deleting, with some time to think better of it. */

import { alarm, announce } from "../announce.js";
import { toast } from "../toast.js";
import { asSent } from "./text.js";

/** @typedef {import('./saver.js').Saver} Saver */

const SECONDS_TO_UNDO = 10;

/** @type {(() => void)[]} the latest last */
const undos = [];

/**
 * Deletes a note, unless that is undone in time.
 *
 * @param {Saver} saver
 */
export function deleteWithUndo(saver) {
  const { title } = asSent(saver.content);
  saver.holdForDeletion();
  saver.addEventListener("kept", () => {
    const text = `“${title}” was changed elsewhere, so it was not deleted.`;
    toast(text);
    alarm(text);
  });
  const undo = () => {
    forget();
    saver.restore();
    announce(`“${title}” is back.`);
  };
  const forget = () => {
    const at = undos.indexOf(undoByKey);
    if (at >= 0) undos.splice(at, 1);
  };
  const message = toast(`“${title}” deleted.`, {
    action: { label: "Undo", run: undo },
    seconds: SECONDS_TO_UNDO,
    onClose: (ending) => {
      forget();
      if (ending === "time" || ending === "dismissed") void saver.remove();
    },
  });
  const undoByKey = () => {
    message.close();
    undo();
  };
  undos.push(undoByKey);
}

/** Whether there is a deletion that can be undone. */
export function canUndo() {
  return undos.length > 0;
}

/** Undoes the latest deletion. */
export function undoDeletion() {
  undos.at(-1)?.();
}
