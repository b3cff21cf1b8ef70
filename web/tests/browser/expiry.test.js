// Access tokens that live for seconds.
// system: own AUTH_ACCESS_TOKEN_TTL=6s

import assert from "node:assert/strict";
import { test } from "node:test";
import { device, figure, person, tab, visit } from "./harness.js";

test("a token that expires is renewed without anything to be seen", async (t) => {
  const ada = await person();
  const title = "Still there";
  await (await device(ada)).call("POST", "/notes", { title, body: "" });
  const page = await visit(t, { as: ada });
  await page.getByText(title).waitFor();
  await page.evaluate(() => {
    const changes = { count: 0 };
    Object.assign(window, { changes });
    new MutationObserver((records) => {
      changes.count += records.length;
    }).observe(document.body, {
      childList: true,
      subtree: true,
      attributes: true,
      characterData: true,
    });
  });
  for (let renewal = 0; renewal < 2; renewal += 1) await page.waitForResponse("**/auth/refresh");
  const changes = await page.evaluate(() => Reflect.get(window, "changes").count);
  assert.equal(changes, 0);
  assert.ok(await page.getByText(title).isVisible());
});

test("ten tabs take turns", async (t) => {
  const page = await visit(t, { as: await person() });
  const context = page.context();
  while (context.pages().length < 10) await tab(context);
  /** @type {number[]} */
  const instants = [];
  context.on("request", (request) => {
    if (request.url().endsWith("/auth/refresh")) instants.push(performance.now());
  });
  for (let renewal = 0; renewal < 3; renewal += 1) {
    await context.waitForEvent("response", (answer) => answer.url().endsWith("/auth/refresh"));
  }
  // All of them hear of the last one: had any not, it would ask at once.
  await Promise.all(
    context
      .pages()
      .map((each) => each.evaluate(() => document.dispatchEvent(new Event("visibilitychange")))),
  );
  const pauses = instants.slice(1).map((instant, n) => instant - (instants[n] ?? 0));
  assert.ok(
    pauses.every((pause) => pause > 3_000),
    `milliseconds between refreshes: ${pauses.map(Math.round)}`,
  );
  for (const each of context.pages()) {
    assert.ok(await each.getByRole("button", { name: "Sign out", exact: true }).isVisible());
  }
  figure(`ten tabs with tokens of 6 s made ${instants.length} refreshes in three renewals`);
});
