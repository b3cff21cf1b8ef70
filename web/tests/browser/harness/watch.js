// What goes wrong in a page without anybody seeing it.

/** @typedef {import("playwright-core").BrowserContext} BrowserContext */

/** @type {WeakMap<BrowserContext, RegExp[]>} */
const allowed = new WeakMap();

/**
 * Says that lines which match the pattern may be among what goes wrong. Statuses of 400 and above are such
 * lines, as `console error: … status of 401 (Unauthorized) at /auth/login`.
 *
 * @param {import("playwright-core").Page} page
 * @param {RegExp[]} patterns
 */
export function allow(page, ...patterns) {
  allowed.get(page.context())?.push(...patterns);
}

/**
 * Collects what goes wrong in a context: errors and warnings on the console, exceptions that nobody caught,
 * what the policy forbade, and requests that failed, except those that the page itself gave up.
 *
 * @param {BrowserContext} context
 * @returns {Promise<() => string[]>} what went wrong so far and was not allowed
 */
export async function watch(context) {
  /** @type {string[]} */
  const lines = [];
  /** @type {RegExp[]} */
  const patterns = [];
  allowed.set(context, patterns);
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (violation) => {
      console.error(`policy: ${violation.effectiveDirective} forbids ${violation.blockedURI}`);
    });
  });
  context.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      const place = pathOf(message.location().url);
      lines.push(`console ${message.type()}: ${message.text()} at ${place}`);
    }
  });
  context.on("weberror", (event) => {
    const error = event.error();
    lines.push(`page error: ${error.stack ?? error}`);
  });
  context.on("requestfailed", (request) => {
    const reason = request.failure()?.errorText;
    if (reason !== "net::ERR_ABORTED") {
      lines.push(`request failed: ${request.method()} ${pathOf(request.url())} ${reason}`);
    }
  });
  return () => lines.filter((line) => !patterns.some((pattern) => pattern.test(line)));
}

/** @param {string} address */
function pathOf(address) {
  return URL.canParse(address) ? new URL(address).pathname : address;
}
