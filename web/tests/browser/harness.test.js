// The harness itself: what it is to notice, it notices, and what it is to lose is lost.
// system: own

import assert from "node:assert/strict";
import { test } from "node:test";
import { watch } from "./harness/watch.js";
import {
  allow,
  axe,
  browser,
  device,
  hold,
  lose,
  person,
  system,
  tokenLike,
  url,
  visit,
} from "./harness.js";

/** A page of the origin whose scripts know nothing of anybody's sign-in. */
const PAGE = "/api-docs/";

test("whatever goes wrong in a page is noticed", async (t) => {
  const context = await (await browser()).newContext({ baseURL: url });
  t.after(() => context.close());
  const troubles = await watch(context);
  const page = await context.newPage();
  await page.goto(PAGE);
  assert.deepEqual(troubles(), []);

  await page.evaluate(() => console.error("said so"));
  await page.evaluate(() => setTimeout(() => Promise.reject(new Error("nobody caught this"))));
  await page.evaluate(() => document.body.setAttribute("style", "color: red"));
  await page.evaluate(() => fetch("/auth/me"));
  await page.evaluate(() => {
    document.body.append(
      Object.assign(document.createElement("img"), { src: "http://localhost:9/" }),
    );
  });
  await page.route("/health/live", (route) => route.abort("connectionreset"));
  await page.evaluate(() => fetch("/health/live").catch(() => {}));
  const expected = [
    /console error: said so/,
    /page error: .*nobody caught this/,
    /policy: style-src-attr forbids inline/,
    /status of 401 \(Unauthorized\) at \/auth\/me/,
    /policy: img-src forbids http:\/\/localhost:9/,
    /request failed: GET \/health\/live net::ERR_CONNECTION_RESET/,
  ];
  for (const pattern of expected) {
    assert.ok(
      troubles().some((line) => pattern.test(line)),
      `${pattern} is not in ${troubles().join("\n")}`,
    );
  }
  allow(page, /said so/);
  assert.ok(!troubles().some((line) => line.includes("said so")));
});

test("a lost answer was given, and neither it nor its cookie arrives", async (t) => {
  const page = await visit(t, { path: PAGE, as: await person() });
  allow(page, /ERR_CONNECTION_RESET/);
  const lost = await lose(page, "/auth/refresh", { method: "POST" });
  const cookie = async () => {
    const cookies = await page.context().cookies();
    return cookies.find(({ name }) => name === "__Host-refresh_token")?.value;
  };
  const refresh = () =>
    page.evaluate(async () => {
      try {
        const answer = await fetch("/auth/refresh", { method: "POST" });
        return answer.status;
      } catch {
        return "no answer";
      }
    });
  const before = await cookie();
  assert.ok(before?.startsWith("lkrt_"));
  assert.equal(await refresh(), "no answer");
  assert.deepEqual(lost.statuses, [200]);
  assert.ok((await cookie()) === before);
  assert.equal(await refresh(), 200);
  assert.ok((await cookie()) !== before);
});

test("what is held goes on when it is released", async (t) => {
  const page = await visit(t, { path: PAGE });
  const held = await hold(page, "/.well-known/jwks.json");
  const asking = page.waitForRequest("**/jwks.json");
  const answered = page.evaluate(() =>
    fetch("/.well-known/jwks.json").then(({ status }) => status),
  );
  await asking;
  held.release();
  assert.equal(await answered, 200);
  assert.equal(held.held(), 1);
});

test("tokens are found wherever a script could leave them", async (t) => {
  const page = await visit(t, { path: PAGE, as: await person() });
  assert.deepEqual(await tokenLike(page), []);
  await page.evaluate(async () => {
    const token = "eyJhbGciOiJSUzI1NiJ9";
    localStorage.setItem("kept", token);
    sessionStorage.setItem("kept", token);
    history.replaceState({ token }, "", `#${token}`);
    await cookieStore.set("kept", token);
    document.title = token;
    window.name = token;
    await new Promise((resolve) => indexedDB.open(token).addEventListener("success", resolve));
    await caches.open(token);
    await (await fetch(`/health/live?token=${token}`)).text();
  });
  assert.deepEqual(await tokenLike(page), [
    "localStorage",
    "sessionStorage",
    "indexedDB",
    "caches",
    "address",
    "history.state",
    "window.name",
    "cookies",
    "loaded",
    "document",
  ]);
});

test("what shuts people out is found", async (t) => {
  const page = await visit(t, { path: "/sign-in" });
  await page.evaluate(() => {
    const faint = document.createElement("p");
    faint.textContent = "Faint in the light";
    faint.style.color = "rgb(200 200 200)";
    document.body.append(faint, document.createElement("button"));
  });
  await assert.rejects(axe(page, "spoilt"), (error) => {
    const { message } = /** @type {Error} */ (error);
    return /button-name/.test(message) && /color-contrast/.test(message);
  });
});

test("parts of the system stop and start, and its operator is obeyed", async () => {
  const status = async () => (await fetch(`${url}/.well-known/jwks.json`)).status;
  await system.stop("auth-servers");
  assert.equal(await status(), 502);
  await system.start("auth-servers");
  assert.equal(await status(), 200);
  await system.kill("gateway");
  await assert.rejects(status());
  await system.start("gateway");
  assert.equal(await status(), 200);

  const ada = await person();
  const other = await device(ada);
  assert.equal((await other.call("GET", "/auth/me")).data.id, ada.id);
  await system.operate("users", "disable", ada.username);
  assert.equal((await other.call("GET", "/auth/sessions")).status, 401);
  await assert.rejects(system.stop(/** @type {any} */ ("the world")), /there is no "the world"/);
});
