// Networks that are slow, or lose things, and servers that refuse.

import { createServer, request as send } from "node:http";
import { url } from "./system.js";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").Route} Route */

/**
 * Loses answers: a request reaches the server, which does its work, and nothing of the answer reaches the
 * browser, not its cookies either. In all tabs of the context. Playwright's own `route.fetch` would keep the
 * cookies.
 *
 * @param {Page} page
 * @param {string | RegExp} path as `/auth/refresh`
 * @param {object} [which]
 * @param {string} [which.method] of these requests only
 * @param {number} [which.times] how many; then the network is sound again
 * @returns {Promise<{statuses: number[]}>} the statuses of the answers that were lost so far
 */
export async function lose(page, path, { method, times = 1 } = {}) {
  /** @type {number[]} */
  const statuses = [];
  let left = times;
  await page.context().route(matching(path), async (route) => {
    if (left === 0 || (method !== undefined && route.request().method() !== method)) {
      return route.fallback();
    }
    left -= 1;
    statuses.push(await deliver(page, route));
    await route.abort("connectionreset");
  });
  return { statuses };
}

/**
 * Holds requests up until they are let go. In all tabs of the context.
 *
 * @param {Page} page
 * @param {string | RegExp} path
 * @param {{method?: string}} [which]
 * @returns {Promise<{release: () => void, held: () => number}>} `held` is how many there were
 */
export async function hold(page, path, { method } = {}) {
  /** @type {() => void} */
  let release = () => {};
  const released = /** @type {Promise<void>} */ (
    new Promise((resolve) => {
      release = resolve;
    })
  );
  let held = 0;
  await page.context().route(matching(path), async (route) => {
    if (method === undefined || route.request().method() === method) {
      held += 1;
      await released;
    }
    await route.fallback();
  });
  return { release, held: () => held };
}

/**
 * Refuses calls in the server's stead, as often as wanted; then they get through.
 *
 * @param {Page} page
 * @param {string} path
 * @param {object} how
 * @param {string} [how.method] of these calls only
 * @param {number} how.status
 * @param {string} how.code
 * @param {string} [how.detail]
 * @param {number} [how.retryAfter] in seconds
 * @param {number} [how.times]
 */
export async function refuse(
  page,
  path,
  { method, status, code, detail = "", retryAfter, times = 1 },
) {
  let left = times;
  await page.context().route(matching(path), (route) => {
    if (left === 0 || (method !== undefined && route.request().method() !== method)) {
      return route.fallback();
    }
    left -= 1;
    return route.fulfill({
      status,
      headers: {
        "Content-Type": "application/problem+json",
        ...(retryAfter !== undefined && { "Retry-After": String(retryAfter) }),
      },
      body: JSON.stringify({ status, code, title: "", detail }),
    });
  });
}

/**
 * A way to the system on which answers to one path are late. What the browser does with an answer to a page that
 * has gone, Playwright's routes do not show.
 *
 * @param {import("node:test").TestContext} t
 * @param {string} path
 * @param {number} milliseconds
 * @returns {Promise<string>} the origin there
 */
export async function detour(t, path, milliseconds) {
  const proxy = createServer((request, response) => {
    const { method, headers } = request;
    const onward = send(new URL(request.url ?? "/", url), { method, headers }, (answer) => {
      const reply = () => {
        response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
        answer.pipe(response);
      };
      setTimeout(reply, request.url === path ? milliseconds : 0);
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  await new Promise((listening) => {
    proxy.listen(0, "127.0.0.1", () => listening(undefined));
  });
  t.after(() => proxy.close());
  const { port } = /** @type {import("node:net").AddressInfo} */ (proxy.address());
  return `http://${new URL(url).hostname}:${port}`;
}

/** @param {string | RegExp} path */
function matching(path) {
  return (/** @type {URL} */ address) =>
    typeof path === "string" ? address.pathname === path : path.test(address.pathname);
}

/**
 * Sends what the browser was about to send, with its cookies, and forgets the answer.
 *
 * @param {Page} page
 * @param {Route} route
 * @returns {Promise<number>} its status
 */
async function deliver(page, route) {
  const request = route.request();
  const address = new URL(request.url());
  const cookies = await page.context().cookies(address.href);
  const headers = {
    ...request.headers(),
    Origin: address.origin,
    "Sec-Fetch-Site": "same-origin",
    Cookie: cookies.map(({ name, value }) => `${name}=${value}`).join("; "),
  };
  const body = request.postDataBuffer();
  return new Promise((resolve, reject) => {
    const options = { method: request.method(), headers: { ...headers, ...lengthOf(body) } };
    const sent = send(address, options, (answer) => {
      answer.resume().on("end", () => resolve(answer.statusCode ?? 0));
    });
    sent.on("error", reject).end(body ?? undefined);
  });
}

/** @param {Buffer | null} body */
function lengthOf(body) {
  return body === null ? {} : { "Content-Length": String(body.length) };
}
