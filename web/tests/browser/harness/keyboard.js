// A person with a keyboard and no mouse, who has to see where they are.

import assert from "node:assert/strict";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").Locator} Locator */

/** More than any page has. */
const MOST_STOPS = 60;

/**
 * Presses a key, and looks where the focus is then.
 *
 * @param {Page} page
 * @param {string} key
 */
export async function press(page, key) {
  await page.keyboard.press(key);
  await seesFocus(page);
}

/**
 * Goes with Tab to an element, and sees the focus all the way.
 *
 * @param {Page} page
 * @param {Locator} goal
 * @param {"Tab" | "Shift+Tab"} [key]
 */
export async function tabTo(page, goal, key = "Tab") {
  await goal.waitFor();
  for (let stop = 0; stop < MOST_STOPS; stop += 1) {
    await press(page, key);
    if (await isFocused(goal)) return;
  }
  assert.fail(`Tab does not lead to ${goal}`);
}

/**
 * Fails unless the focus is on this element, now or in a moment.
 *
 * @param {Page} page
 * @param {Locator} goal
 */
export async function focusIsOn(page, goal) {
  await goal.waitFor();
  const element = await goal.elementHandle();
  await page.waitForFunction((element) => element === document.activeElement, element);
  await seesFocus(page);
}

/** @param {Locator} goal */
function isFocused(goal) {
  return goal.evaluate((element) => element === document.activeElement);
}

/**
 * Fails unless whatever has the focus shows it (WCAG 2.4.7) and is not hidden behind something else (2.4.11). A
 * heading that a page begins with, which can only be read, need not.
 *
 * @param {Page} page
 */
async function seesFocus(page) {
  const { name, isMarked, isSeen } = await page.evaluate(() => {
    /** @type {WeakMap<Element, string>} */
    const shadowsAtRest = Reflect.get(window, "shadowsAtRest") ?? new WeakMap();
    Reflect.set(window, "shadowsAtRest", shadowsAtRest);
    const element = document.activeElement;
    for (const other of document.querySelectorAll("a, button, input, textarea, [tabindex]")) {
      if (other !== element) shadowsAtRest.set(other, getComputedStyle(other).boxShadow);
    }
    if (!(element instanceof HTMLElement) || element.tabIndex < 0) {
      return { name: "", isMarked: true, isSeen: true };
    }
    const { outlineStyle, outlineWidth, outlineColor, boxShadow } = getComputedStyle(element);
    const hasOutline =
      outlineStyle !== "none" &&
      Number.parseFloat(outlineWidth) >= 2 &&
      !/, 0\)$|transparent/.test(outlineColor);
    const hasShadow = boxShadow !== (shadowsAtRest.get(element) ?? "none");
    const { left, top, width, height } = element.getBoundingClientRect();
    const points = [0.1, 0.5, 0.9].flatMap((x) => [0.1, 0.5, 0.9].map((y) => [x, y]));
    return {
      name: `${element.localName}#${element.id}.${element.className} “${element.textContent?.slice(0, 40)}”`,
      isMarked: hasOutline || hasShadow,
      isSeen: points.some(([x = 0, y = 0]) => {
        const there = document.elementFromPoint(left + x * width, top + y * height);
        return there !== null && (element.contains(there) || there.contains(element));
      }),
    };
  });
  assert.ok(isMarked, `nothing shows that ${name} has the focus`);
  assert.ok(isSeen, `${name} has the focus, and something else hides it`);
}
