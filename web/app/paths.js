/** Paths of the site. */

/**
 * The path within the site that an address means; `null` for another origin's, and for what a browser
 * could read as one. Whoever follows a remembered path goes through here, so that nothing makes the
 * site send a person elsewhere.
 *
 * @param {unknown} address
 * @param {string} origin
 * @returns {string | null}
 */
export function ownPath(address, origin) {
  if (typeof address !== "string") return null;
  try {
    const url = new URL(address, origin);
    return url.origin === origin && !url.pathname.startsWith("//") ? url.pathname : null;
  } catch {
    return null;
  }
}

/**
 * The parameters of a path that has the form of the pattern, or `null`. A `:name` in the pattern is
 * one segment of the path.
 *
 * @param {string} pattern such as `/n/:id`
 * @param {string} path
 * @returns {Record<string, string> | null}
 */
export function matchPath(pattern, path) {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  /** @type {Record<string, string>} */
  const parameters = {};
  for (const [index, segment] of wanted.entries()) {
    const text = given[index] ?? "";
    if (!segment.startsWith(":")) {
      if (segment !== text) return null;
    } else if (text === "") {
      return null;
    } else {
      parameters[segment.slice(1)] = text;
    }
  }
  return parameters;
}
