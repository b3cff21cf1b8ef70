// Registering and signing in, with all that may come between.

import assert from "node:assert/strict";
import { test } from "node:test";
import { refused } from "./harness/forms.js";
import { newPassword } from "./harness/people.js";
import {
  allow,
  axe,
  hold,
  lose,
  password,
  person,
  refuse,
  signIn,
  stranger,
  system,
  url,
  visit,
} from "./harness.js";

/** @typedef {import("playwright-core").Page} Page */

const UNREACHABLE = "Latchkey cannot be reached. Check your connection and try again.";
const HINT = "At least 8 characters.";

/** @param {Page} page */
function signInForm(page) {
  const main = page.getByRole("main");
  return {
    main,
    name: main.getByLabel("Username or e-mail"),
    secret: main.getByLabel("Password", { exact: true }),
    button: main.getByRole("button", { name: "Sign in" }),
  };
}

/** @param {Page} page */
function registerForm(page) {
  const main = page.getByRole("main");
  return {
    main,
    username: main.getByLabel("Username"),
    email: main.getByLabel("E-mail"),
    fullName: main.getByLabel("Full name"),
    secret: main.getByLabel("Password", { exact: true }),
    button: main.getByRole("button", { name: "Create account" }),
  };
}

/**
 * Fills in what is needed to register.
 *
 * @param {Page} page
 * @param {{username: string, email: string}} who
 */
async function introduce(page, { username, email }) {
  const form = registerForm(page);
  await form.username.fill(username);
  await form.email.fill(email);
  await form.secret.fill(password);
}

/** @param {Page} page */
function pathOf(page) {
  const { origin, pathname } = new URL(page.url());
  assert.equal(origin, url);
  return pathname;
}

test("whoever registers is advised on the password as they type", async (t) => {
  const page = await visit(t, { path: "/register" });
  const { main, username, secret } = registerForm(page);
  const { username: name } = stranger();
  await username.fill(name);
  await main.getByText(HINT).waitFor();
  await secret.pressSequentially("password1");
  await main.getByText("This is a very common password.").waitFor();
  await secret.fill(name);
  await main.getByText("This is a very common password.").waitFor({ state: "detached" });
  await main.getByText("This password is too easy to guess.").waitFor();
  await secret.fill(password);
  await main.getByText("This password is hard to guess.").waitFor();
  await page.locator("#polite").getByText("This password is hard to guess.").waitFor();
  assert.equal(await secret.getAttribute("aria-invalid"), null);
  await secret.fill("short");
  await main.getByText(HINT).waitFor();
});

test("advice that does not come keeps nobody from registering", async (t) => {
  const page = await visit(t, { path: "/register" });
  allow(page, /status of 503 .* at \/auth\/password\/advice/);
  const unavailable = { status: 503, code: "unavailable", times: Number.POSITIVE_INFINITY };
  await refuse(page, "/auth/password/advice", unavailable);
  const answered = page.waitForResponse("**/auth/password/advice");
  const who = stranger();
  await introduce(page, who);
  await answered;
  const { main, button } = registerForm(page);
  await main.getByText(HINT).waitFor();
  await button.click();
  await page.waitForURL("/");
  await page.locator("#person").getByText(who.username).waitFor();
});

test("what keeps somebody from registering is said beside its field, and what was typed stays", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: "/register" });
  allow(page, /status of (409|422) .* at \/auth\/register/);
  const { username, email, fullName, secret, button } = registerForm(page);
  await button.click();
  await refused(username, "Choose a username.");
  assert.equal(await page.locator("[aria-invalid=true]").count(), 3);

  const { username: name, email: address } = stranger();
  await username.fill("ada lovelace");
  await email.fill("not an address");
  await fullName.fill("Ada Lovelace");
  await secret.fill(name);
  await button.click();
  await refused(username, "letters a to z");
  assert.equal(await email.getAttribute("aria-invalid"), "true");
  await username.fill(name);
  await button.click();
  await refused(email, /address/);
  await email.fill(address);
  await button.click();
  await refused(secret, /This password is too easy to guess\. .+/);
  assert.equal(await secret.inputValue(), name);

  await secret.fill(password);
  await username.fill(ada.username);
  await button.click();
  await refused(username, "Someone goes by this username already.");
  await axe(page, "a username that somebody else has");
  await username.fill(name);
  await email.fill(ada.email.toUpperCase());
  await button.click();
  await refused(email, "Someone is registered with this e-mail address already.");
  assert.deepEqual(
    await Promise.all([username, email, fullName, secret].map((field) => field.inputValue())),
    [name, ada.email.toUpperCase(), "Ada Lovelace", password],
  );

  await email.fill(address);
  await button.click();
  await page.waitForURL("/");
  await page.locator("#person").getByText("Ada Lovelace").waitFor();
});

test("a registration whose answer is lost is one all the same", async (t) => {
  const page = await visit(t, { path: "/register" });
  allow(page, /ERR_CONNECTION_RESET/);
  const lost = await lose(page, "/auth/register", { method: "POST" });
  const who = stranger();
  await introduce(page, who);
  await registerForm(page).button.click();
  await page.waitForURL("/");
  await page.locator("#person").getByText(who.username).waitFor();
  assert.deepEqual(lost.statuses, [201]);
});

test("a wrong password is told, and what was typed stays", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: "/sign-in" });
  allow(page, /status of 401 .* at \/auth\/login/);
  const { main, name, secret, button } = signInForm(page);
  await button.click();
  await refused(name, "Enter your username or your e-mail address.");
  await name.fill(ada.email);
  await button.click();
  await refused(secret, "Enter your password.");

  await secret.fill("not this one");
  await button.click();
  await page.locator("#assertive").getByText("The name or the password is wrong.").waitFor();
  await main.getByText("The name or the password is wrong.").waitFor();
  assert.equal(await name.inputValue(), ada.email);
  assert.equal(await secret.inputValue(), "not this one");
  await secret.fill(ada.password);
  await button.click();
  await page.waitForURL("/");
});

test("a password can be looked at, until it is sent", async (t) => {
  const page = await visit(t, { path: "/sign-in" });
  allow(page, /status of 401 .* at \/auth\/login/);
  const { main, name, secret, button } = signInForm(page);
  const look = main.getByRole("button", { name: "Show the password" });
  await name.fill(stranger().username);
  await secret.fill("not this one");
  assert.equal(await secret.getAttribute("type"), "password");
  await look.click();
  assert.equal(await secret.getAttribute("type"), "text");
  assert.equal(await look.getAttribute("aria-pressed"), "true");
  await look.click();
  assert.equal(await secret.getAttribute("type"), "password");
  assert.equal(await look.getAttribute("aria-pressed"), "false");

  await look.click();
  await button.click();
  await main.getByText("The name or the password is wrong.").waitFor();
  assert.equal(await secret.getAttribute("type"), "password");
  assert.equal(await look.getAttribute("aria-pressed"), "false");
  assert.equal(await secret.inputValue(), "not this one");
});

test("browsers and password managers know what belongs where", async (t) => {
  const page = await visit(t, { path: "/sign-in" });
  const fields = () =>
    page.locator("main input").evaluateAll((inputs) =>
      inputs.map((input) => {
        const { name, type, autocomplete } = /** @type {HTMLInputElement} */ (input);
        return `${name}: ${type}, ${autocomplete}`;
      }),
    );
  await signInForm(page).name.waitFor();
  const password = "password: password, current-password";
  assert.deepEqual(await fields(), ["identifier: text, username", password]);
  await page.getByRole("link", { name: "Create an account" }).click();
  await registerForm(page).email.waitFor();
  assert.deepEqual(await fields(), [
    "username: text, username",
    "email: email, email",
    "full_name: text, name",
    "password: password, new-password",
  ]);
});

test("who signs in or registers gets the page that they wanted", async (t) => {
  const page = await visit(t, { path: "/account" });
  await page.waitForURL("**/sign-in");
  await page.getByRole("link", { name: "Create an account" }).click();
  await introduce(page, stranger());
  await registerForm(page).button.click();
  await page.waitForURL("**/account");
  await page.getByRole("heading", { name: "Account", exact: true }).waitFor();

  const other = await visit(t, { path: "/account" });
  await other.waitForURL("**/sign-in");
  await signIn(other, await person());
  assert.equal(pathOf(other), "/account");
});

test("nothing that an address or the history says sends anybody to another site", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: null });
  const evil = "//evil.example/account";
  for (const wanted of [evil, `https:${evil}`, "/\\evil.example/", "/.//evil.example/"]) {
    const address = encodeURIComponent(wanted);
    await page.goto(`/sign-in?wanted=${address}&next=${address}#${address}`);
    await signInForm(page).name.waitFor();
    await page.evaluate((wanted) => history.replaceState({ index: 0, wanted }, ""), wanted);
    await signIn(page, ada);
    await page.getByText("No notes yet").waitFor();
    assert.equal(pathOf(page), "/");
    const told = page.waitForResponse("**/auth/logout");
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await told;
  }
});

test("who is signed in already is not asked to", async (t) => {
  const ada = await person();
  for (const path of ["/sign-in", "/register"]) {
    const page = await visit(t, { path, as: ada });
    await page.getByText("No notes yet").waitFor();
    assert.equal(pathOf(page), "/");
  }
});

test("a form is sent once, however often its button is pressed", async (t) => {
  const page = await visit(t, { path: "/register" });
  const who = stranger();
  const registration = await hold(page, "/auth/register");
  await introduce(page, who);
  await registerForm(page).button.dblclick();
  await page.getByRole("button", { name: "Creating your account…" }).press("Enter");
  await registerForm(page).secret.press("Enter");
  registration.release();
  await page.waitForURL("/");
  assert.equal(registration.held(), 1);

  const told = page.waitForResponse("**/auth/logout");
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await told;
  const login = await hold(page, "/auth/login");
  const { name, secret, button } = signInForm(page);
  await name.fill(who.username);
  await secret.fill(password);
  await button.dblclick();
  await page.getByRole("button", { name: "Signing in…" }).press("Enter");
  await secret.press("Enter");
  login.release();
  await page.waitForURL("/");
  assert.equal(login.held(), 1);
});

test("a temporary password is exchanged for one's own", async (t) => {
  const ada = await person();
  const said = await system.operate("users", "set-temporary-password", ada.username, "--json");
  const { temporary_password } = JSON.parse(said);
  const page = await visit(t, { path: "/sign-in" });
  allow(page, /status of (403|422) .* at \/auth\/login/);
  const { main, name, secret, button } = signInForm(page);
  await name.fill(ada.username);
  await secret.fill(temporary_password);
  await button.click();
  await main.getByText("This password is temporary. Choose one of your own.").waitFor();
  const fresh = main.getByLabel("New password", { exact: true });
  await page.waitForFunction(() => document.activeElement?.getAttribute("name") === "new_password");
  await axe(page, "choosing a password at sign-in");
  await button.click();
  await main.getByText("Choose a password.", { exact: true }).waitFor();
  await fresh.fill("password1");
  await button.click();
  await main.getByText("This password is too easy to guess.").first().waitFor();

  // Somebody else's name: their password may be a lasting one.
  await name.fill(`${ada.username}x`);
  assert.equal(await fresh.count(), 0);
  await name.fill(ada.username);
  await button.click();
  await fresh.fill(newPassword);
  await button.click();
  await page.waitForURL("/");
});

test("who is offline is told, and gets in when they are back", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: "/sign-in" });
  allow(page, /ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_RESET/);
  const { main, name, secret, button } = signInForm(page);
  await name.fill(ada.username);
  await secret.fill(ada.password);
  await page.context().setOffline(true);
  await button.click();
  await main.getByText(UNREACHABLE).waitFor();
  await page.locator("#reachability").getByText("You are offline.").waitFor();
  await axe(page, "signing in offline");
  assert.equal(await secret.inputValue(), ada.password);

  await page.context().setOffline(false);
  const lost = await lose(page, "/auth/login");
  const answered = page.waitForEvent("requestfailed");
  await button.click();
  await answered;
  await main.getByText(UNREACHABLE).waitFor();
  assert.deepEqual(lost.statuses, [200]);
  assert.equal(await name.inputValue(), ada.username);
  assert.equal(await secret.inputValue(), ada.password);
  await button.click();
  await page.waitForURL("/");
  await page.locator("#reachability").getByText(/./).waitFor({ state: "detached" });
});

test("who tried too often sees how long to wait, and waits no longer", async (t) => {
  const ada = await person();
  const page = await visit(t, { path: null });
  allow(page, /status of 429 .* at \/auth\/login/);
  await page.clock.install();
  await page.goto("/sign-in");
  const { main, name, secret, button } = signInForm(page);
  const detail = "Too many tries. Wait, then try again.";
  await refuse(page, "/auth/login", { status: 429, code: "rate_limited", detail, retryAfter: 600 });
  let sent = 0;
  page.on("request", (request) => {
    if (request.url().endsWith("/auth/login")) sent += 1;
  });
  await name.fill(ada.username);
  await secret.fill(ada.password);
  await button.click();
  await main.getByText("Too many tries.", { exact: true }).waitFor();
  await main.getByText("You can try again in 10 minutes.").waitFor();
  await page.clock.fastForward(550_000);
  await main.getByText(/You can try again in \d\d seconds\./).waitFor();
  assert.equal(await button.getAttribute("aria-disabled"), "true");
  await secret.press("Enter");
  await button.press("Enter");

  await page.clock.fastForward(60_000);
  await main.getByText(/You can try again/).waitFor({ state: "detached" });
  await page.locator("#polite").getByText("You can try again now.").waitFor();
  assert.equal(await main.getByText("Too many tries.").count(), 0);
  assert.equal(sent, 1);
  await button.click();
  await page.waitForURL("/");
});
