// What an attacker's page, or an attacker's text in one of ours, can do: nothing (R40, R47, R48).

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { elsewhere } from "./harness/elsewhere.js";
import { allow, device, password, person, url, visit } from "./harness.js";

test("no page of ours lets text become markup or code", async (t) => {
  const page = await visit(t, { path: "/sign-in" });
  allow(page, /violates|This document requires 'Trusted|policy: /);
  /** Each alone: what the page's own script has at hand, and tries with a text. */
  const sinks = {
    innerHTML: "document.body.innerHTML = '<img src=x onerror=\"document.title = 1\">'",
    outerHTML: "document.body.outerHTML = '<body>'",
    insertAdjacentHTML: "document.body.insertAdjacentHTML('beforeend', '<b>')",
    write: "document.write('<b>')",
    srcdoc: "document.createElement('iframe').srcdoc = '<b>'",
    parseFromString: "new DOMParser().parseFromString('<b>', 'text/html')",
    scriptText: "document.createElement('script').text = '1'",
    scriptSource: "document.createElement('script').src = '/site/x.js'",
    timer: "setTimeout('1')",
    policy: "trustedTypes.createPolicy('default', {})",
  };
  for (const [sink, attempt] of Object.entries(sinks)) {
    const outcome = page.evaluate(attempt).then(
      () => "nothing stopped it",
      (error) => String(error),
    );
    assert.match(await outcome, /TypeError: .*(requires 'Trusted|disallowed)/, sink);
  }

  const ran = await page.evaluate(async () => {
    const element = (/** @type {string} */ name, /** @type {object} */ attributes) => {
      const made = document.createElement(name);
      for (const [attribute, value] of Object.entries(attributes)) {
        made.setAttribute(attribute, value);
      }
      document.body.append(made);
      return made;
    };
    Reflect.set(window, "ran", []);
    const link = element("a", { href: "javascript:ran.push('link')" });
    link.click();
    const script = document.createElement("script");
    script.append("ran.push('script')");
    document.body.append(script);
    const styled = element("p", { style: "position: fixed" });
    await new Promise((resolve) => setTimeout(resolve));
    if (getComputedStyle(styled).position === "fixed") Reflect.get(window, "ran").push("style");
    for (const address of ["http://127.0.0.1:9/", "https://example.org/", "data:,"]) {
      await fetch(address).then(
        () => Reflect.get(window, "ran").push(address),
        () => {},
      );
    }
    return Reflect.get(window, "ran");
  });
  assert.deepEqual(ran, []);
});

/** Each would run, if it were taken for markup or for code somewhere. */
const HOSTILE = [
  "<img src=x onerror=window.ran=1>",
  "</title></textarea><script>window.ran=1</script>",
  "\"'><svg onload=window.ran=1>",
  "javascript:window.ran=1",
  "{{constructor.constructor('window.ran=1')()}}",
];

test("whatever people and their devices write is shown as text", async (t) => {
  const [first = "", ...others] = HOSTILE;
  const ada = await person({ full_name: first });
  const elsewhere = await device(ada, { userAgent: first });
  for (const text of HOSTILE) {
    const { status } = await elsewhere.call("POST", "/notes", { title: text, body: text });
    assert.equal(status, 201);
  }
  const page = await visit(t, { as: ada });
  await page.getByText(first).first().waitFor();
  for (const text of others) {
    await page.getByRole("link", { name: text }).click();
    await page.waitForFunction((text) => document.title.startsWith(text), text);
    assert.equal(await page.getByRole("textbox", { name: "Title" }).inputValue(), text);
    assert.equal(await page.getByRole("textbox", { name: "Text" }).inputValue(), text);
  }
  for (const text of HOSTILE) {
    await page.getByRole("searchbox").fill(`${text}, nowhere`);
    await page.getByText(`Nothing found for “${text}, nowhere”`).waitFor();
  }
  await page.getByRole("searchbox").fill("");
  await page.getByRole("link", { name: first }).click();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByText(`“${first}” deleted.`).first().waitFor();

  await page.getByRole("link", { name: "Account", exact: true }).click();
  assert.equal(await page.getByLabel("Full name").inputValue(), first);
  await page.getByRole("banner").getByText(first).waitFor();
  const devices = page.getByRole("region", { name: "Devices" });
  await devices.getByRole("button", { name: "Sign out", exact: false }).first().waitFor();
  await page.getByRole("region", { name: "Activity" }).getByRole("listitem").first().waitFor();
  assert.equal(await page.locator("main img, main script, [onerror], [onload]").count(), 0);
  assert.equal(await page.evaluate(() => Reflect.get(window, "ran")), undefined);
});

for (const site of /** @type {const} */ (["sameSite", "otherSite"])) {
  test(`a page of another origin signs nobody out, in or on (${site})`, async (t) => {
    const ada = await person();
    const mallory = await person();
    const page = await visit(t, { path: "/sign-in", as: ada });
    // From another site the cookie does not come along.
    const withCookie = site === "sameSite";
    const refusals = [400, 403, 405, 415, ...(withCookie ? [] : [401])];
    // Browsers complain of much that they do not let this page do.
    allow(page, /./);
    const session = () =>
      page.evaluate(async () => {
        const answer = await fetch("/auth/refresh", { method: "POST" });
        const { session_id, access_token } = await answer.json();
        const headers = { Authorization: `Bearer ${access_token}` };
        const me = await (await fetch("/auth/me", { headers })).json();
        return `${me.username} in ${session_id}`;
      });
    const before = await session();
    assert.ok(before.startsWith(ada.username));

    const origin = (await elsewhere(t))[site];
    for (const path of ["/auth/logout", "/auth/refresh", "/auth/login"]) {
      const attacker = await page.context().newPage();
      const exchanges = await exchangesOf(attacker, url + path);
      await attacker.goto(origin);
      const credentials = { username: mallory.username, password };
      const body = JSON.stringify(path === "/auth/login" ? credentials : {});
      const attack = /** @type {const} */ ([url + path, body]);
      await attacker.evaluate(postByScript, attack);
      // A navigation: neither CORS nor Cross-Origin-Resource-Policy is asked.
      const answered = attacker.waitForResponse(url + path);
      await attacker.evaluate(postByForm, attack);
      await answered;

      // The JSON of the script is not sent: the browser asks first.
      const found = await exchanges(4);
      assert.deepEqual(found.map(({ method }) => method).sort(), [
        "OPTIONS",
        "POST",
        "POST",
        "POST",
      ]);
      for (const { method, status, headers, hadCookie } of found) {
        assert.ok(refusals.includes(status), `${method} ${path}: ${status}`);
        const given = headers["set-cookie"] ?? headers["access-control-allow-origin"];
        assert.equal(given, undefined, `${method} ${path}`);
        assert.equal(hadCookie, withCookie && method === "POST");
      }
      await attacker.close();
    }
    assert.equal(await session(), before);
  });
}

/**
 * Listens to what a page sends to an address, with the answers that the browser keeps from the page, too.
 *
 * @param {import("playwright-core").Page} page
 * @param {string} address
 */
async function exchangesOf(page, address) {
  /** @type {Map<string, string>} */
  const methods = new Map();
  /** @type {Map<string, boolean>} */
  const cookies = new Map();
  /** @type {Map<string, {status: number, headers: Record<string, string>}>} */
  const answers = new Map();
  const heard = new EventTarget();
  const session = await page.context().newCDPSession(page);
  session.on("Network.requestWillBeSent", ({ requestId, request }) => {
    if (request.url === address) methods.set(requestId, request.method);
  });
  session.on("Network.requestWillBeSentExtraInfo", ({ requestId, associatedCookies }) => {
    const sent = associatedCookies.filter(({ blockedReasons }) => blockedReasons.length === 0);
    const has = sent.some(({ cookie }) => cookie.name === "__Host-refresh_token");
    cookies.set(requestId, has);
  });
  session.on("Network.responseReceivedExtraInfo", ({ requestId, statusCode, headers }) => {
    const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
    answers.set(requestId, { status: statusCode, headers: Object.fromEntries(lowerCase) });
    heard.dispatchEvent(new Event("answer"));
  });
  await session.send("Network.enable");
  /** @param {number} count of the answered ones, which are waited for */
  return async (count) => {
    const answered = () =>
      [...answers].flatMap(([id, answer]) => {
        const method = methods.get(id);
        return method ? [{ method, hadCookie: cookies.get(id) ?? false, ...answer }] : [];
      });
    while (answered().length < count) {
      await once(heard, "answer");
    }
    return answered();
  };
}

/** @param {readonly [string, string]} attack */
async function postByScript([address, body]) {
  const ways = [{}, { headers: { "Content-Type": "text/plain" }, body }];
  for (const way of ways) {
    const mode = "no-cors";
    await fetch(address, { method: "POST", credentials: "include", mode, ...way }).catch(() => {});
  }
  // This one is asked about first, and the answer is no.
  const headers = { "Content-Type": "application/json" };
  await fetch(address, { method: "POST", credentials: "include", headers, body }).catch(() => {});
}

/** @param {readonly [string, string]} attack */
function postByForm([address, body]) {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action: address, enctype: "text/plain" });
  const field = document.createElement("input");
  // JSON, but for an equals sign.
  field.name = body.replace("}", ', "x": "');
  field.value = '"}';
  form.append(field);
  document.body.append(form);
  form.submit();
}

test("no other page shows one of ours in a frame, or holds on to its window", async (t) => {
  const page = await visit(t, { path: null, as: await person() });
  allow(page, /frame-ancestors|ERR_BLOCKED_BY_RESPONSE/);
  await page.goto((await elsewhere(t)).sameSite);
  await page.evaluate(async (address) => {
    const frame = document.createElement("iframe");
    frame.src = address;
    const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
    document.body.append(frame);
    await loaded;
  }, url);
  const framed = page.frames().filter((frame) => frame !== page.mainFrame());
  assert.deepEqual(
    framed.map((frame) => frame.url()),
    ["chrome-error://chromewebdata/"],
  );

  const opening = page.context().waitForEvent("page");
  await page.evaluate((address) => Reflect.set(window, "opened", window.open(address)), url);
  const opened = await opening;
  await opened.waitForLoadState();
  assert.equal(await opened.evaluate(() => window.opener), null);
  assert.equal(await page.evaluate(() => Reflect.get(window, "opened").closed), true);
});
