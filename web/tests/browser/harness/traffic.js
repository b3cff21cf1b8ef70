// What a page costs: bytes on the wire, and requests.

/**
 * Counts what a page loads from now on.
 *
 * @param {import("playwright-core").Page} page
 */
export async function traffic(page) {
  /** @type {Map<string, {path: string, cached: boolean, bytes: number}>} */
  const requests = new Map();
  const session = await page.context().newCDPSession(page);
  session.on("Network.requestWillBeSent", ({ requestId, request }) => {
    const { pathname } = new URL(request.url);
    requests.set(requestId, { path: pathname, cached: false, bytes: 0 });
  });
  session.on("Network.requestServedFromCache", ({ requestId }) => {
    const request = requests.get(requestId);
    if (request) request.cached = true;
  });
  session.on("Network.responseReceived", ({ requestId, response }) => {
    const request = requests.get(requestId);
    if (request) request.cached ||= response.fromDiskCache === true;
  });
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const request = requests.get(requestId);
    if (request && !request.cached) request.bytes = encodedDataLength;
  });
  await session.send("Network.enable");
  return {
    /** Paths of what was asked of the server. */
    asked: () => [...requests.values()].filter(({ cached }) => !cached).map(({ path }) => path),
    /** Bytes of all answers, heads and all. */
    bytes: () => [...requests.values()].reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
