/** How the saving goes, in a few words for who is writing. */

/** @typedef {import('./saver.js').Saver} Saver */

/**
 * @typedef {object} Status
 * @property {string} text
 * @property {'quiet' | 'warn' | 'danger'} look
 * @property {boolean} isNews whether somebody who does not see it is to hear of it
 */

/**
 * @param {Pick<Saver, 'state' | 'problem' | 'obstacle' | 'endangered'>} saver
 * @param {object} now
 * @param {number} now.seconds until the next try
 * @param {boolean} now.isOnline whether this device has a network
 * @param {boolean} now.isWritten whether there is a text that could be kept
 * @returns {Status}
 */
export function statusOf(
  { state, problem, obstacle, endangered },
  { seconds, isOnline, isWritten },
) {
  switch (state) {
    case "loading":
      return problem ? warn(`${whyLoadingWaits(problem.status)} Trying again…`) : quiet("");
    case "new":
      return quiet("");
    case "saved":
      return { ...quiet("Saved"), isNews: true };
    case "edited":
      return endangered ? danger("Not kept on this device") : quiet("Edited");
    case "saving":
      return quiet("Saving…");
    case "waiting":
      if (endangered) return danger("Not saved. Keep this tab open.");
      return warn(`Kept on this device: ${whySavingWaits(problem?.status, seconds, isOnline)}`);
    case "blocked":
      if (!isWritten) return quiet("");
      return obstacle?.kind === "refused" ? danger("Not saved") : warn(elsewhere(obstacle));
    case "deleting":
    case "deleted":
      return quiet("");
  }
}

/**
 * @param {number | undefined} status
 * @param {number} seconds
 * @param {boolean} isOnline
 */
function whySavingWaits(status, seconds, isOnline) {
  if (status === 429) return `saved in ${seconds} s`;
  return isOnline ? "Latchkey is away" : "offline";
}

/** @param {number} status */
function whyLoadingWaits(status) {
  if (status === 0) return "Latchkey cannot be reached.";
  return status === 429 ? "Too many calls." : "Latchkey is away.";
}

/** @param {Saver['obstacle']} obstacle */
function elsewhere(obstacle) {
  return obstacle?.kind === "gone" ? "Deleted elsewhere" : "Changed elsewhere";
}

/**
 * @param {string} text
 * @returns {Status}
 */
function quiet(text) {
  return { text, look: "quiet", isNews: false };
}

/**
 * @param {string} text
 * @returns {Status}
 */
function warn(text) {
  return { text, look: "warn", isNews: true };
}

/**
 * @param {string} text
 * @returns {Status}
 */
function danger(text) {
  return { text, look: "danger", isNews: true };
}
