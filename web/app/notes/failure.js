/** What a failed call means for who wants to save something. */

/** @typedef {import('../../latchkey.js').Problem} Problem */

/**
 * - `later`: nobody's fault; the same again may succeed.
 * - `changed`: the note has another version than the one that was written on.
 * - `gone`: there is no such note any more.
 * - `refused`: the same again would be refused again.
 *
 * @typedef {'later' | 'changed' | 'gone' | 'refused'} Meaning
 */

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30_000;

/**
 * Reads a failure; one that is no answer, and so a mistake of ours, is thrown again.
 *
 * @param {unknown} failure
 * @returns {Problem}
 */
export function asProblem(failure) {
  if (failure instanceof Error && "status" in failure && "code" in failure) {
    return /** @type {Problem} */ (failure);
  }
  throw failure;
}

/**
 * @param {Problem} problem
 * @returns {Meaning}
 */
export function meaningOf({ status }) {
  if (status === 412) return "changed";
  if (status === 404 || status === 410) return "gone";
  return status === 0 || status >= 500 || [401, 408, 425, 429].includes(status)
    ? "later"
    : "refused";
}

/**
 * Whether what was asked for certainly was not done. A gateway repeats a PUT whose answer it did not get, and then
 * the version has changed (412) because it was done.
 *
 * @param {Problem} problem
 */
export function wasNotDone({ status }) {
  return status >= 400 && status < 500 && status !== 412;
}

/**
 * Whether trying again before the time is over is of no use.
 *
 * @param {Problem} problem
 */
export function mustWait({ status }) {
  return status === 429;
}

/**
 * How long to wait before the next try: as long as the server asks for; otherwise twice as long each
 * time, and not all tabs at the same moment.
 *
 * @param {Problem} problem
 * @param {number} tries that have failed before this one
 * @param {number} random from 0 up to 1
 */
export function delayAfter({ retryAfter }, tries, random) {
  const delay = Math.min(FIRST_DELAY_MS * 2 ** Math.min(tries, 10), LONGEST_DELAY_MS);
  return Math.max((retryAfter ?? 0) * 1_000, delay * (0.5 + random / 2));
}
