/** Times as people say them. */

const STEPS = /** @type {const} */ ([
  ["minute", 60, 3_600],
  ["hour", 3_600, 86_400],
  ["day", 86_400, 7 * 86_400],
]);

/**
 * How long ago something was; what is longer ago than a week is said by its date.
 *
 * @param {string} instant RFC 3339
 * @param {number} now in milliseconds since 1970
 */
export function ago(instant, now) {
  const seconds = (now - Date.parse(instant)) / 1_000;
  if (seconds < 60) return "just now";
  const format = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  for (const [unit, length, bound] of STEPS) {
    if (seconds < bound) return format.format(-Math.floor(seconds / length), unit);
  }
  const date = new Date(instant);
  const isThisYear = date.getFullYear() === new Date(now).getFullYear();
  const year = isThisYear ? undefined : "numeric";
  return date.toLocaleDateString("en", { day: "numeric", month: "short", year });
}

/**
 * The exact time.
 *
 * @param {string} instant RFC 3339
 */
export function exactly(instant) {
  return new Date(instant).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
}
