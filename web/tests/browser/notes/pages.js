// What people do with notes, in a page and elsewhere.

import assert from "node:assert/strict";

/** @import { Page } from "playwright-core" */

/**
 * Waits until the server has what was typed.
 *
 * @param {Page} page
 */
export async function saved(page) {
  await told(page, "Saved");
}

/**
 * Waits until the line beside a note says how its saving goes.
 *
 * @param {Page} page
 * @param {string} text
 */
export async function told(page, text) {
  await page.locator(".note-status").getByText(text, { exact: true }).waitFor();
}

/**
 * Types a text over the one that is there, and so unsaves it.
 *
 * @param {Page} page
 * @param {string} text
 */
export async function write(page, text) {
  await page.getByLabel("Text").fill(text);
}

/** @param {Page} page */
export function bodyOf(page) {
  return page.getByLabel("Text").inputValue();
}

/**
 * Opens a note from the list.
 *
 * @param {Page} page
 * @param {string} title
 */
export async function open(page, title) {
  const row = page.locator(".note-row", { has: page.getByText(title, { exact: true }) });
  await row.click();
  await page.getByRole("heading", { name: title }).waitFor();
  await page.getByLabel("Text").waitFor();
}

/**
 * The texts of all of a person's notes, the newest first.
 *
 * @param {{call(method: string, path: string): Promise<{data: any}>}} device
 * @returns {Promise<string[]>}
 */
export async function bodies(device) {
  const { data } = await device.call("GET", "/notes?limit=100");
  return data.notes.map((/** @type {{body: string}} */ { body }) => body);
}

/**
 * How many texts wait in the browser's storage, whoever's.
 *
 * @param {Page} page
 */
export function draftsIn(page) {
  return page.evaluate(
    () => Object.keys(localStorage).filter((key) => key.startsWith("latchkey.draft.")).length,
  );
}

/**
 * Waits for something that no page tells of.
 *
 * @param {() => Promise<boolean>} happened
 */
export async function until(happened) {
  const end = Date.now() + 10_000;
  while (!(await happened())) assert.ok(Date.now() < end, "it did not happen");
}
