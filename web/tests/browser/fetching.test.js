// Scripts that cannot be fetched, as on a bad network or in the middle of a release.

import { test } from "node:test";
import { allow, person, visit } from "./harness.js";

/** @param {import("playwright-core").Page} page */
const again = (page) => page.getByRole("button", { name: "Try again" });

for (const script of ["app/main.js", "app/toast.js", "latchkey/tabs.js"]) {
  test(`without ${script} the page says so, and comes when it can`, async (t) => {
    const page = await visit(t, { path: null });
    allow(page, /status of 503/);
    const files = `**/site/*/${script}`;
    await page.route(files, (route) => route.fulfill({ status: 503 }));
    await page.goto("/");
    await again(page).waitFor();
    await page.unroute(files);
    await again(page).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });
}

test("a page whose own script is missing can be left, and tried again", async (t) => {
  const page = await visit(t, { path: null, as: await person() });
  allow(page, /status of 503/);
  await page.route("**/app/account/*.js", (route) => route.fulfill({ status: 503 }));
  await page.goto("/");
  await page.getByText("No notes yet.").waitFor();
  await page.getByRole("link", { name: "Account" }).click();
  await again(page).waitFor();
  await page.getByRole("link", { name: "Notes" }).click();
  await page.getByText("No notes yet.").waitFor();

  await page.getByRole("link", { name: "Account" }).click();
  await again(page).waitFor();
  await page.unroute("**/app/account/*.js");
  await again(page).click();
  await page.getByRole("heading", { name: "Account", exact: true }).waitFor();
});
