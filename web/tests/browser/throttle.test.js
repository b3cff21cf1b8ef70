// Guesses are throttled, as anybody meets it who has forgotten their password.
// system: own AUTH_THROTTLE=on AUTH_THROTTLE_ADDRESS_BURST=3 AUTH_THROTTLE_ADDRESS_PER_MINUTE=20

import assert from "node:assert/strict";
import { test } from "node:test";
import { allow, person, visit } from "./harness.js";

test("who has guessed too often waits, with what they typed still there, and then gets in", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: "/sign-in" });
  allow(page, /status of (401|429) .* at \/auth\/login/);
  const name = page.getByLabel("Username or e-mail");
  const secret = page.getByLabel("Password", { exact: true });
  const button = page.getByRole("button", { name: "Sign in" });
  await name.fill(ada.username);
  await secret.fill("not this one");
  const main = page.getByRole("main");
  const guess = async () => {
    const asked = performance.now();
    const answered = page.waitForResponse("**/auth/login");
    await button.click();
    return { asked, answer: await answered };
  };
  // How many are let pass depends on how fast they come.
  let { asked, answer } = await guess();
  while (answer.status() === 401) ({ asked, answer } = await guess());
  assert.equal(answer.status(), 429);
  const seconds = Number(answer.headers()["retry-after"]);
  await main.getByText(/You can try again in \d+ second/).waitFor();
  assert.equal(await name.inputValue(), ada.username);
  assert.equal(await secret.inputValue(), "not this one");

  await main.getByText(/You can try again in/).waitFor({ state: "detached" });
  const waited = (performance.now() - asked) / 1_000;
  assert.ok(seconds > 0 && waited >= seconds, `${waited} s where ${seconds} were said`);
  await secret.fill(ada.password);
  await button.click();
  await page.waitForURL("/");
});
