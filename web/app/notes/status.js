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
 * @param {number} seconds until the next try, where the server has said when
 * @returns {Status}
 */
export function statusOf({ state, problem, obstacle, endangered }, seconds) {
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
      return waiting(problem?.status ?? 0, endangered, seconds);
    case "blocked":
      return obstacle?.kind === "refused" ? danger("Not saved") : warn(elsewhere(obstacle));
    case "deleting":
    case "deleted":
      return quiet("");
  }
}

/**
 * @param {number} status
 * @param {boolean} endangered
 * @param {number} seconds
 */
function waiting(status, endangered, seconds) {
  if (endangered) return danger("Not saved. Keep this tab open.");
  if (status === 429) return warn(`Kept on this device: saved in ${seconds} s`);
  return warn(`Kept on this device: ${status === 0 ? "offline" : "Latchkey is away"}`);
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
