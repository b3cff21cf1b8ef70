// Checks by axe-core of what a page shows at the moment.

import assert from "node:assert/strict";
import axeCore from "axe-core";

/** WCAG 2.2 at levels A and AA, with all that came before. */
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"];

/**
 * Fails if the page as it is violates anything of WCAG 2.2 AA that axe-core knows, in light or in dark.
 *
 * @param {import("playwright-core").Page} page
 * @param {string} state what is being looked at, for the message
 * @param {("light" | "dark")[]} [colorSchemes]
 */
export async function axe(page, state, colorSchemes = ["light", "dark"]) {
  const session = await page.context().newCDPSession(page);
  // Past the page's policy, which lets no script in by any other way.
  await session.send("Runtime.evaluate", { expression: axeCore.source });
  await session.detach();
  for (const colorScheme of colorSchemes) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const { violations } = await page.evaluate(
      (tags) =>
        /** @type {typeof axeCore} */ (Reflect.get(window, "axe")).run(document, {
          runOnly: tags,
          rules: { "target-size": { enabled: true } },
          resultTypes: ["violations"],
        }),
      TAGS,
    );
    const found = violations.flatMap(({ id, help, nodes }) =>
      nodes.map(
        ({ target, failureSummary }) => `${id}: ${help}\n${target.join(" ")}\n${failureSummary}`,
      ),
    );
    assert.ok(found.length === 0, `${state}, ${colorScheme}:\n${found.join("\n")}`);
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
}
