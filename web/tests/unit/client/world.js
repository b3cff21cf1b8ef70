// A browser with several tabs, and the auth server's rules, in one process: for what no real browser can be
// made to do a thousand times. Real tabs and the real server are in tests/browser/.

import { webcrypto } from "node:crypto";
import { Latchkey } from "../../../latchkey.js";

// A browser has it; node has had it since 19.
globalThis.crypto ??= /** @type {Crypto} */ (webcrypto);

const ORIGIN = "https://latchkey.example";

/** The rules of docs/adr/0001 and 0002: one row a session, a grace window, reuse detection. */
export class Server {
  /** @type {{ path: string, method: string, authorization: string | null }[]} */
  requests = [];
  /** Milliseconds. */
  grace = 30_000;
  lifetime = 900_000;
  latency = 0;
  /** @type {"up" | "away" | "failing" | "walled"} */
  health = "up";
  /** How many of the next answers are lost on the way, by path. @type {Map<string, number>} */
  losses = new Map();
  password = "a lantern in the 7th harbour";
  name = "Ada";

  arrivals = new EventTarget();

  #sessions = new Map();
  #tokens = new Map();
  #serial = 0;

  /** @param {CookieJar} jar */
  constructor(jar) {
    this.jar = jar;
  }

  /** How often a path was asked for. @param {string} path */
  count(path) {
    return this.requests.filter((request) => request.path === path).length;
  }

  /** Resolves when a path has been asked for. @param {string} path */
  asked(path) {
    return until(this.arrivals, "request", () => this.count(path) > 0);
  }

  /** Ends all sessions, as another device may. */
  revokeAll() {
    for (const session of this.#sessions.values()) session.revoked = true;
  }

  liveSessions() {
    return [...this.#sessions.values()].filter((session) => !session.revoked).length;
  }

  /** Makes the services refuse an access token before its time, as after the loss of a key. */
  forgetAccessTokens() {
    this.#tokens.clear();
  }

  /** @param {string | URL | Request} input @param {RequestInit} [init] */
  fetch = async (input, init = {}) => {
    const { pathname } = new URL(String(input));
    const authorization = new Headers(init.headers).get("Authorization");
    const { signal } = init;
    if (signal?.aborted) throw new DOMException("aborted", "AbortError");
    this.requests.push({ path: pathname, method: init.method ?? "GET", authorization });
    this.arrivals.dispatchEvent(new Event("request"));
    if (this.health === "away") throw new TypeError("no route");
    const cookies = this.jar.take();
    const answer = this.#answerInHealth(pathname, init, cookies);
    await passing(this.latency, signal);
    const lost = this.losses.get(pathname) ?? 0;
    if (lost > 0) {
      this.losses.set(pathname, lost - 1);
      throw new TypeError("connection reset");
    }
    for (const [name = "", value = ""] of answer.cookies) this.jar.put(name, value);
    const body = answer.body === undefined ? null : JSON.stringify(answer.body);
    const headers = new Headers(answer.headers);
    if (body !== null) headers.set("Content-Type", "application/json");
    return new Response(body, { status: answer.status, headers });
  };

  /** @param {string} path @param {RequestInit} init @param {Map<string, string>} cookies */
  #answerInHealth(path, init, cookies) {
    if (this.health === "failing") return failing();
    // Somebody in front of it, who speaks no problem details.
    if (this.health === "walled") return plain(403, "Forbidden");
    return this.#answer(path, init, cookies);
  }

  /** @param {string} path @param {RequestInit} init @param {Map<string, string>} cookies */
  #answer(path, init, cookies) {
    const body = init.body ? JSON.parse(String(init.body)) : {};
    switch (path) {
      case "/auth/login":
      case "/auth/register":
        if (body.password !== this.password) return refusal(401, "invalid_credentials");
        this.#revoke(cookies.get("__Host-refresh_token"));
        return this.#granted(this.#newSession(body.identifier ?? body.username), true);
      case "/auth/refresh":
        return this.#refresh(cookies.get("__Host-refresh_token"));
      case "/auth/logout":
        if (body.scope === "all") this.revokeAll();
        this.#revoke(cookies.get("__Host-refresh_token"));
        return plain(204, undefined, [
          ["__Host-refresh_token", ""],
          ["__Host-signed-in", ""],
        ]);
      default:
        return this.#checked(new Headers(init.headers).get("Authorization"));
    }
  }

  /** @param {string | null} authorization */
  #checked(authorization) {
    const token = this.#tokens.get(authorization?.replace("Bearer ", ""));
    if (!token || token.expires <= Date.now()) return refusal(401, "expired");
    if (token.session.revoked) return refusal(401, "session_revoked");
    return plain(200, { subject: token.session.subject });
  }

  /** @param {string} subject */
  #newSession(subject) {
    this.#serial += 1;
    const session = {
      id: `session-${this.#serial}`,
      subject,
      generation: 0,
      rotatedAt: Number.NEGATIVE_INFINITY,
      signedInAt: this.#serial,
      revoked: false,
    };
    this.#sessions.set(session.id, session);
    return session;
  }

  /** @param {string | undefined} cookie */
  #revoke(cookie) {
    const session = this.#sessions.get(cookie?.split("/")[0]);
    if (session) session.revoked = true;
  }

  /** @param {string | undefined} cookie */
  #refresh(cookie) {
    if (!cookie) return refusal(401, "refresh_token_missing");
    const [id, generation] = cookie.split("/");
    const session = this.#sessions.get(id);
    if (!session) return refusal(401, "invalid_refresh_token");
    if (session.revoked) return refusal(401, "session_revoked");
    const age = Date.now() - session.rotatedAt;
    const behind = session.generation - Number(generation);
    if (behind === 0 && age >= this.grace) {
      session.generation += 1;
      session.rotatedAt = Date.now();
      return this.#granted(session, true);
    }
    if (behind === 0) return this.#granted(session, false);
    if (behind === 1 && age < this.grace) return this.#granted(session, true);
    session.revoked = true;
    return refusal(401, "refresh_token_reused");
  }

  /** @param {any} session @param {boolean} isNew */
  #granted(session, isNew) {
    this.#serial += 1;
    const claims = {
      sid: session.id,
      sub: session.subject,
      preferred_username: session.subject,
      email: `${session.subject}@example.org`,
      name: this.name,
      iat: Math.floor(Date.now() / 1_000),
      auth_time: session.signedInAt,
      jti: this.#serial,
    };
    const token = ["{}", JSON.stringify(claims), "signature"].map(base64url).join(".");
    this.#tokens.set(token, { session, expires: Date.now() + this.lifetime });
    const body = { access_token: token, expires_in: this.lifetime / 1_000, user: { id: "ada" } };
    const cookies = [
      ["__Host-refresh_token", `${session.id}/${session.generation}`],
      ["__Host-signed-in", "1"],
    ];
    return plain(200, body, isNew ? cookies : []);
  }
}

/** The cookies that all tabs share. */
export class CookieJar {
  /** @type {Map<string, string>} */
  #cookies = new Map();

  take() {
    return new Map(this.#cookies);
  }

  /** @param {string} name @param {string} value */
  put(name, value) {
    if (value === "") this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }

  /** What a script reads. */
  get visible() {
    const { ...cookies } = Object.fromEntries(this.#cookies);
    delete cookies["__Host-refresh_token"];
    return Object.entries(cookies)
      .map(([name, value]) => `${name}=${value}`)
      .join("; ");
  }
}

/** Exclusive Web Locks, first come first served. */
class Locks {
  /** @type {Map<string, { run: () => void }[]>} */
  #queues = new Map();
  #held = new Set();

  /** @param {string} name @param {any} options @param {any} [callback] */
  request(name, options, callback = options) {
    return new Promise((resolve, reject) => {
      const entry = {
        run: () => {
          this.#held.add(name);
          Promise.resolve(callback())
            .then(resolve, reject)
            .finally(() => {
              this.#held.delete(name);
              this.#queues.get(name)?.shift()?.run();
            });
        },
      };
      if (!this.#held.has(name)) {
        entry.run();
        return;
      }
      const queue = this.#queues.get(name) ?? [];
      this.#queues.set(name, queue);
      queue.push(entry);
      options.signal?.addEventListener("abort", () => {
        if (!queue.includes(entry)) return;
        queue.splice(queue.indexOf(entry), 1);
        reject(new DOMException("aborted", "AbortError"));
      });
    });
  }

  query() {
    return Promise.resolve({ held: [...this.#held].map((name) => ({ name })), pending: [] });
  }
}

/** A browser, whose globals are the process's until the next is made. */
export class Browser {
  jar = new CookieJar();
  server = new Server(this.jar);
  /** @type {Map<string, string>} */
  storage = new Map();
  window = new EventTarget();
  /** @type {Latchkey[]} */
  #tabs = [];

  constructor() {
    const { jar, storage, window } = this;
    const document = Object.defineProperties(new EventTarget(), {
      hidden: { value: false, writable: true },
      cookie: {
        get: () => jar.visible,
        set: (/** @type {string} */ text) => jar.put(text.split("=")[0] ?? "", ""),
      },
    });
    const globals = {
      document,
      location: { origin: ORIGIN },
      navigator: { onLine: true, locks: new Locks() },
      localStorage: {
        getItem: (/** @type {string} */ key) => storage.get(key) ?? null,
        setItem: (/** @type {string} */ key, /** @type {string} */ value) =>
          storage.set(key, value),
        removeItem: (/** @type {string} */ key) => storage.delete(key),
      },
      addEventListener: window.addEventListener.bind(window),
      fetch: this.server.fetch,
    };
    for (const [name, value] of Object.entries(globals)) {
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    }
  }

  /**
   * Opens a tab, and closes it when the test ends.
   *
   * @param {import("node:test").TestContext} t
   * @param {{ checkEvery?: number }} [options]
   */
  tab(t, { checkEvery = 0 } = {}) {
    const tab = new Latchkey({ checkEvery });
    this.#tabs.push(tab);
    t.after(() => tab.close());
    return tab;
  }

  /** A tab in which someone is signed in. @param {import("node:test").TestContext} t */
  async signedInTab(t) {
    const tab = this.tab(t);
    await tab.start();
    await tab.logIn({ identifier: "ada", password: this.server.password });
    return tab;
  }
}

/**
 * Waits for what an event brings about.
 *
 * @param {EventTarget} target
 * @param {string} type
 * @param {() => boolean} isSo
 */
export function until(target, type, isSo) {
  return new Promise((resolve) => {
    const look = () => {
      if (!isSo()) return;
      target.removeEventListener(type, look);
      resolve(undefined);
    };
    target.addEventListener(type, look);
    look();
  });
}

/** @param {number} milliseconds @param {AbortSignal | null | undefined} signal */
function passing(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("aborted", "AbortError"));
    });
  });
}

/** @param {string} text */
function base64url(text) {
  return Buffer.from(text).toString("base64url");
}

/** @param {number} status @param {any} body @param {string[][]} [cookies] */
function plain(status, body, cookies = []) {
  return { status, body, cookies, headers: /** @type {Record<string, string>} */ ({}) };
}

/** @param {number} status @param {string} code */
function refusal(status, code) {
  return plain(status, { code, detail: `The code is ${code}.` });
}

function failing() {
  return { ...refusal(503, "unavailable"), headers: { "Retry-After": "1" } };
}
