// Pages of other origins, as whoever attacks has them.

import { once } from "node:events";
import { createServer } from "node:http";

/**
 * Serves an empty page on a port of its own, until the test ends: at `localhost` of the same site as Latchkey,
 * whose cookies it is sent along with, and at `127.0.0.1` of another.
 *
 * @param {import("node:test").TestContext} t
 * @returns {Promise<{sameSite: string, otherSite: string}>} the two origins
 */
export async function elsewhere(t) {
  const server = createServer((_, answer) => {
    answer.setHeader("Content-Type", "text/html").end("<!doctype html><title>Elsewhere</title>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { sameSite: `http://localhost:${port}`, otherSite: `http://127.0.0.1:${port}` };
}
