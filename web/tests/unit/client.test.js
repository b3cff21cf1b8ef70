import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as passing } from "node:timers/promises";

import { Problem } from "../../latchkey.js";
import { Browser, until } from "./client/world.js";

/** @import { Latchkey, SessionEvent } from "../../latchkey.js" */

/** @param {Latchkey} tab */
function reasons(tab) {
  /** @type {(string | null)[]} */
  const heard = [];
  tab.addEventListener("session", (event) => {
    heard.push(/** @type {SessionEvent} */ (event).reason);
  });
  return heard;
}

/** @param {Latchkey} tab @param {string} state */
function becomes(tab, state) {
  return until(tab, "session", () => tab.state === state);
}

test("without a session nothing is asked of the server", async (t) => {
  const browser = new Browser();
  const tab = browser.tab(t);
  assert.equal(tab.state, "starting");
  await tab.start();
  assert.equal(tab.state, "signed-out");
  assert.equal(tab.session, null);
  assert.deepEqual(browser.server.requests, []);
  await assert.rejects(tab.fetch("/notes"), { code: "signed_out" });
});

test("a sign-in is an event, and its token goes along with calls of this origin only", async (t) => {
  const browser = new Browser();
  const tab = browser.tab(t);
  await tab.start();
  const heard = reasons(tab);
  await tab.logIn({ identifier: "ada", password: browser.server.password });
  assert.deepEqual(heard, [null]);
  assert.equal(tab.session?.username, "ada");

  const { status } = await tab.fetch("/notes");
  assert.equal(status, 200);
  assert.match(browser.server.requests.at(-1)?.authorization ?? "", /^Bearer ./);
  await assert.rejects(tab.fetch("https://elsewhere.example/notes"), TypeError);
  await assert.rejects(tab.fetch("//elsewhere.example/notes"), TypeError);
  assert.equal(browser.server.requests.length, 2);
});

test("a refused sign-in says why", async (t) => {
  const tab = new Browser().tab(t);
  await tab.start();
  const refused = tab.logIn({ identifier: "ada", password: "wrong" });
  await assert.rejects(refused, { name: "Problem", status: 401, code: "invalid_credentials" });
  assert.equal(tab.state, "signed-out");
});

test("a reload finds the session again, and nothing that opens it was stored", async (t) => {
  const browser = new Browser();
  const before = await browser.signedInTab(t);
  const id = before.session?.id;
  before.close();
  const after = browser.tab(t);
  await after.start();
  assert.equal(after.session?.id, id);
  assert.equal(browser.storage.size, 0);
});

test("an access token is renewed before it expires, once for all that ask", async (t) => {
  const browser = new Browser();
  browser.server.lifetime = 400;
  const tab = await browser.signedInTab(t);
  await passing(350);
  const answers = await Promise.all([1, 2, 3, 4].map(() => tab.fetch("/notes")));
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200],
  );
  assert.equal(browser.server.count("/auth/refresh"), 1);
  assert.equal(browser.server.count("/notes"), 4);
});

test("a page that does nothing renews it, too", async (t) => {
  const browser = new Browser();
  browser.server.lifetime = 300;
  const tab = await browser.signedInTab(t);
  await until(tab, "session", () => {
    browser.server.name = "Ada King";
    return tab.session?.name === "Ada King";
  });
  assert.ok(browser.server.count("/auth/refresh") >= 1);
});

test("a token that a service refuses is renewed and the call made again, once", async (t) => {
  const browser = new Browser();
  const tab = await browser.signedInTab(t);
  browser.server.forgetAccessTokens();
  const answers = await Promise.all([tab.fetch("/notes"), tab.fetch("/notes")]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200],
  );
  assert.equal(browser.server.count("/auth/refresh"), 1);
});

test("a lost answer to a refresh is asked for again", async (t) => {
  const browser = new Browser();
  browser.server.grace = 5_000;
  const before = await browser.signedInTab(t);
  before.close();
  browser.server.losses.set("/auth/refresh", 2);
  const tab = browser.tab(t);
  await tab.start();
  assert.equal(tab.state, "signed-in");
  assert.equal(browser.server.count("/auth/refresh"), 3);
});

test("a registration whose answer was lost is not lost", async (t) => {
  const browser = new Browser();
  const tab = browser.tab(t);
  await tab.start();
  browser.server.losses.set("/auth/register", 1);
  const { password } = browser.server;
  await tab.register({ username: "ada", email: "ada@example.org", password });
  assert.equal(tab.state, "signed-in");
  browser.server.losses.set("/auth/register", 1);
  const refused = tab.register({ username: "bob", email: "bob@example.org", password: "wrong" });
  await assert.rejects(refused, { code: "unreachable" });
});

test("ten tabs that open at once make one refresh", async (t) => {
  const browser = new Browser();
  (await browser.signedInTab(t)).close();
  browser.server.latency = 20;
  const tabs = Array.from({ length: 10 }, () => browser.tab(t));
  await Promise.all(tabs.map((tab) => tab.start()));
  assert.equal(browser.server.count("/auth/refresh"), 1);
  assert.equal(new Set(tabs.map((tab) => tab.session?.id)).size, 1);
  await Promise.all(tabs.map((tab) => tab.fetch("/notes")));
});

test("ten tabs whose token expires make one refresh", async (t) => {
  const browser = new Browser();
  browser.server.lifetime = 500;
  const tabs = [await browser.signedInTab(t)];
  for (let n = 1; n < 10; n += 1) {
    const tab = browser.tab(t);
    tabs.push(tab);
    await tab.start();
  }
  await passing(420);
  const before = browser.server.count("/auth/refresh");
  await Promise.all(tabs.map((tab) => tab.fetch("/notes")));
  assert.ok(browser.server.count("/auth/refresh") <= before + 1);
});

test("a tab that comes later gets the token of one that is there", async (t) => {
  const browser = new Browser();
  const first = await browser.signedInTab(t);
  const second = browser.tab(t);
  await second.start();
  assert.equal(browser.server.count("/auth/refresh"), 0);
  assert.deepEqual(second.session, first.session);
});

test("signing in and out reaches all tabs", async (t) => {
  const browser = new Browser();
  const [first, second] = [browser.tab(t), browser.tab(t)];
  await Promise.all([first.start(), second.start()]);
  const heard = reasons(second);
  await first.logIn({ identifier: "ada", password: browser.server.password });
  await becomes(second, "signed-in");
  await first.logOut();
  await becomes(second, "signed-out");
  assert.deepEqual(heard, [null, "signed_out"]);
  assert.equal(browser.server.liveSessions(), 0);
});

test("another person's sign-in takes the place of the first in all tabs, with all that was under way", async (t) => {
  const browser = new Browser();
  const first = await browser.signedInTab(t);
  const second = browser.tab(t);
  await second.start();
  browser.server.latency = 30;
  const heard = reasons(first);
  const underWay = assert.rejects(first.fetch("/notes"), { code: "signed_out" });
  await browser.server.asked("/notes");
  browser.server.latency = 0;
  await second.logIn({ identifier: "bob", password: browser.server.password });
  await underWay;
  assert.equal(first.session?.id, second.session?.id);
  assert.deepEqual(heard, ["session_revoked", null]);
  assert.equal(browser.server.liveSessions(), 1);
});

test("signed out while offline, this browser stays so, and the server hears of it later", async (t) => {
  const browser = new Browser();
  const tab = await browser.signedInTab(t);
  browser.server.health = "away";
  await tab.logOut({ scope: "all" });
  assert.equal(tab.state, "signed-out");
  assert.equal(browser.server.liveSessions(), 1);

  const reloaded = browser.tab(t);
  await reloaded.start();
  assert.equal(reloaded.state, "signed-out");
  assert.equal(browser.server.count("/auth/refresh"), 0);

  browser.server.health = "up";
  browser.window.dispatchEvent(new Event("online"));
  await reloaded.confirm();
  assert.equal(browser.server.liveSessions(), 0);
  assert.equal(browser.storage.size, 0);
  assert.equal(browser.jar.visible, "");
});

test("whoever signs in after that settles it first", async (t) => {
  const browser = new Browser();
  const tab = await browser.signedInTab(t);
  browser.server.health = "away";
  await tab.logOut();
  browser.server.health = "up";
  await tab.logIn({ identifier: "ada", password: browser.server.password });
  assert.equal(tab.state, "signed-in");
  assert.equal(browser.server.liveSessions(), 1);
  await tab.confirm();
  assert.equal(tab.state, "signed-in");
});

test("a refresh that is under way does not undo a sign-out", async (t) => {
  const browser = new Browser();
  const tab = await browser.signedInTab(t);
  browser.server.latency = 50;
  const renewal = assert.rejects(tab.renew(), { code: "signed_out" });
  await browser.server.asked("/auth/refresh");
  const out = tab.logOut();
  assert.equal(tab.state, "signed-out");
  await Promise.all([renewal, out]);
  assert.equal(tab.state, "signed-out");
  assert.equal(browser.server.liveSessions(), 0);
});

test("nor does one of a tab that did not know yet who was signed in", async (t) => {
  const browser = new Browser();
  const first = await browser.signedInTab(t);
  browser.server.grace = 0;
  browser.server.forgetAccessTokens();
  const second = browser.tab(t);
  first.addEventListener("session", () => {});
  const opened = second.start();
  await first.logOut();
  await opened;
  assert.equal(second.state, "signed-out");
  assert.equal(second.session, null);
});

for (const [code, prepare] of /** @type {[string, (browser: Browser) => void][]} */ ([
  ["session_revoked", (browser) => browser.server.revokeAll()],
  ["refresh_token_missing", (browser) => browser.jar.put("__Host-refresh_token", "")],
  ["invalid_refresh_token", (browser) => browser.jar.put("__Host-refresh_token", "stranger/0")],
  ["refresh_token_reused", (browser) => browser.jar.put("__Host-refresh_token", "session-1/-5")],
])) {
  test(`${code} signs out all tabs`, async (t) => {
    const browser = new Browser();
    const first = await browser.signedInTab(t);
    const second = browser.tab(t);
    await second.start();
    const heard = [reasons(first), reasons(second)];
    prepare(browser);
    await first.renew();
    await becomes(second, "signed-out");
    const reason = code === "refresh_token_missing" ? "invalid_refresh_token" : code;
    assert.deepEqual(heard, [[reason], [reason]]);
    assert.equal(browser.jar.visible, "");
  });
}

test("a device that was signed out elsewhere notices while its page is looked at", async (t) => {
  const browser = new Browser();
  (await browser.signedInTab(t)).close();
  const tab = browser.tab(t, { checkEvery: 20 });
  await tab.start();
  const heard = reasons(tab);
  browser.server.revokeAll();
  await becomes(tab, "signed-out");
  assert.deepEqual(heard, ["session_revoked"]);
});

test("a server that is away signs nobody out", async (t) => {
  const browser = new Browser();
  browser.server.lifetime = 300;
  const tab = await browser.signedInTab(t);
  browser.server.health = "failing";
  await passing(320);
  await assert.rejects(tab.fetch("/notes"), { status: 503, code: "unavailable", retryAfter: 1 });
  assert.equal(tab.reachable, false);
  assert.equal(tab.state, "signed-in");

  browser.server.health = "up";
  const { status } = await tab.fetch("/notes");
  assert.equal(status, 200);
  assert.equal(tab.reachable, true);
});

test("nor does whoever stands in front of it and refuses", async (t) => {
  const browser = new Browser();
  const tab = await browser.signedInTab(t);
  browser.server.health = "walled";
  await assert.rejects(tab.renew(), { status: 403 });
  assert.equal(tab.state, "signed-in");
  assert.equal(tab.reachable, false);
  assert.equal(await tab.confirm(), false);

  browser.server.health = "up";
  assert.equal(await tab.confirm(), true);
  assert.equal(tab.reachable, true);
});

test("a page that opens while the server is away finds the session when it is back", async (t) => {
  const browser = new Browser();
  (await browser.signedInTab(t)).close();
  browser.server.health = "failing";
  const tab = browser.tab(t);
  await tab.start();
  assert.equal(tab.state, "starting");
  browser.server.health = "up";
  browser.window.dispatchEvent(new Event("online"));
  await becomes(tab, "signed-in");
});

test("calls speak JSON, and refusals are problems", async (t) => {
  const browser = new Browser();
  const tab = await browser.signedInTab(t);
  assert.deepEqual((await tab.call("GET", "/notes")).data, { subject: "ada" });
  assert.equal((await tab.call("POST", "/auth/logout", { body: {}, anonymous: true })).data, null);

  browser.server.latency = 1_000;
  const given = new AbortController();
  const call = assert.rejects(tab.call("GET", "/notes", { signal: given.signal }), {
    code: "aborted",
  });
  given.abort();
  await call;
  assert.equal(tab.reachable, true);
});

test("an answer that breaks off is none", async (t) => {
  const browser = new Browser();
  const tab = await browser.signedInTab(t);
  const headers = { "Content-Type": "application/json" };
  t.mock.method(globalThis, "fetch", async () => new Response('{"notes": [', { headers }));
  await assert.rejects(tab.call("GET", "/notes"), { name: "Problem", code: "unreachable" });
});

test("a problem reads what there is", async () => {
  const answer = new Response("<html>", { status: 502, headers: { "Retry-After": "7" } });
  const problem = await Problem.of(answer);
  assert.deepEqual(
    { ...problem, stack: null },
    {
      name: "Problem",
      status: 502,
      code: "unknown",
      detail: "The server answered 502.",
      errors: [],
      retryAfter: 7,
      stack: null,
    },
  );
  assert.ok(problem.isLost && problem.isPassing);
});

// Random tabs in random order: whatever is lost and whenever, nobody is signed out who did not ask for it, and
// whoever did is, everywhere.
test("a browser's life, many times", async (t) => {
  const seed = Number(process.env.LATCHKEY_TEST_SEED ?? Date.now() % 1_000_000);
  t.diagnostic(`LATCHKEY_TEST_SEED=${seed}`);
  const random = sequence(seed);
  for (let life = 0; life < 15; life += 1) {
    const browser = new Browser();
    // Two lost answers and the waits between three tries fit into it, as they do into the real one.
    browser.server.grace = 4_000;
    browser.server.lifetime = 60;
    /** @type {Latchkey[]} */
    const tabs = [await browser.signedInTab(t)];
    /** @type {Promise<unknown>[]} */
    const underWay = [];
    const open = async () => {
      const tab = browser.tab(t);
      tabs.push(tab);
      await tab.start();
    };
    for (let step = 0; step < 12; step += 1) {
      browser.server.latency = random(8);
      if (random(4) === 0) browser.server.losses.set("/auth/refresh", 1);
      const tab = tabs[random(tabs.length)];
      const acts = [
        async () => tab?.fetch("/notes"),
        async () => tab?.renew(),
        open,
        async () => tabs.length > 1 && tabs.shift()?.close(),
        () => passing(random(30)),
      ];
      // A tab that is closed over a call breaks it off.
      const act = acts[random(acts.length)]?.().catch((error) =>
        assert.equal(error.code, "signed_out"),
      );
      underWay.push(Promise.resolve(act));
      if (random(2) === 0) await act;
    }
    await Promise.all(underWay);
    await Promise.all(tabs.map((tab) => tab.confirm()));
    for (const tab of tabs) assert.equal(tab.state, "signed-in", `life ${life}`);
    assert.equal(browser.server.liveSessions(), 1);

    const [last, ...others] = tabs;
    await last?.logOut();
    await Promise.all(others.map((tab) => becomes(tab, "signed-out")));
    assert.equal(browser.server.liveSessions(), 0);
    for (const tab of tabs) tab.close();
  }
});

/**
 * Numbers below a bound, the same again for the same seed (mulberry32).
 *
 * @param {number} seed
 */
function sequence(seed) {
  let state = seed;
  return (/** @type {number} */ bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}
