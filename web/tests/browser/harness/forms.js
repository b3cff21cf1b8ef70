// What forms say, and where.

import assert from "node:assert/strict";

/** @typedef {import("playwright-core").Locator} Locator */

/**
 * Waits until something is said beside a field: seen there, read out with the field, which has the focus.
 *
 * @param {Locator} field
 * @param {string | RegExp} text
 */
export async function refused(field, text) {
  const beside = field.locator("xpath=ancestor::*[@class='field'][1]");
  await beside.getByText(text).waitFor();
  const { isInvalid, hasFocus, description } = await field.evaluate((control) => ({
    isInvalid: control.getAttribute("aria-invalid") === "true",
    hasFocus: control === document.activeElement,
    description: (control.getAttribute("aria-describedby") ?? "")
      .split(" ")
      .map((id) => document.getElementById(id)?.textContent)
      .join(" "),
  }));
  assert.ok(isInvalid, "the field is not marked");
  assert.ok(hasFocus, "the field has not the focus");
  if (typeof text === "string") assert.ok(description.includes(text), description);
  else assert.match(description, text);
}
