// Things that jump while nobody touches them.

/** @typedef {import("playwright-core").Page} Page */

/**
 * Watches for things that move without anybody having touched anything (Layout Instability API). Before the page
 * is opened.
 *
 * @param {Page} page
 */
export async function watchShifts(page) {
  await page.addInitScript(() => {
    /** @type {string[]} */
    const seen = [];
    const box = (/** @type {DOMRect} */ { x, y, width, height }) => `${x},${y} ${width}x${height}`;
    const note = (/** @type {any[]} */ entries) => {
      for (const { hadRecentInput, value, sources } of entries) {
        if (hadRecentInput) continue;
        const moved = sources.map(
          (/** @type {any} */ { node, previousRect, currentRect }) =>
            `${node?.id || node?.className} from ${box(previousRect)} to ${box(currentRect)}`,
        );
        seen.push(`${value.toFixed(4)}: ${moved.join("; ")}`);
      }
    };
    const observer = new PerformanceObserver((list) => note(list.getEntries()));
    observer.observe({ type: "layout-shift", buffered: true });
    const shifts = () => {
      note(observer.takeRecords());
      return seen;
    };
    Object.assign(window, { shifts });
  });
}

/**
 * What has moved in the page so far, the frame that is being painted included.
 *
 * @param {Page} page
 * @returns {Promise<string[]>}
 */
export function shifts(page) {
  return page.evaluate(
    () =>
      new Promise((resolve) => {
        const shifts = Reflect.get(window, "shifts");
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(shifts())));
      }),
  );
}
