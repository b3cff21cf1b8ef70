/**
 * The browser's side of Latchkey: keeps a person signed in, in all tabs, and calls services in their name.
 *
 * The access token is kept in memory only. The refresh token is in an HttpOnly cookie, which no script
 * reads and all tabs share. So what changes that cookie is done by one tab at a time, under a Web Lock, and
 * what came of it is told to the others on a BroadcastChannel.
 *
 * @module
 */

import { clocks, left, margin, monotonicOf, read } from "./latchkey/grant.js";
import { hint, pendingSignOut } from "./latchkey/marks.js";
import { Problem, signedOut } from "./latchkey/problem.js";
import { answer, isWell, json, Server } from "./latchkey/server.js";
import { Tabs } from "./latchkey/tabs.js";

export { Problem };

/** @import { Grant } from './latchkey/grant.js' */
/** @import { Answer } from './latchkey/server.js' */
/** @import { Message } from './latchkey/tabs.js' */

/** Milliseconds between tries while the server cannot be reached. */
const RETRY_EVERY = 5_000;
/**
 * What the codes of `POST /auth/refresh` say of the session's end. A cookie that is gone is no sign-out of the
 * person's: they may have been away for longer than it lives. Any other refusal ends nothing.
 *
 * @type {Partial<Record<string, Reason>>}
 */
const ENDINGS = {
  session_revoked: "session_revoked",
  refresh_token_reused: "refresh_token_reused",
  refresh_token_expired: "refresh_token_expired",
  invalid_refresh_token: "invalid_refresh_token",
  refresh_token_missing: "invalid_refresh_token",
};

/**
 * Who is signed in, by the claims of the access token.
 *
 * @typedef {object} Session
 * @property {string} id The session's id, as in `GET /auth/sessions`.
 * @property {string} subject The person's id.
 * @property {string} username
 * @property {string} email
 * @property {string | null} name
 */

/**
 * A person, as `GET /auth/me` shows them.
 *
 * @typedef {object} User
 * @property {string} id
 * @property {string} username
 * @property {string} email
 * @property {string | null} full_name
 * @property {string} created_at RFC 3339.
 */

/**
 * Why nobody is signed in any more: they signed out or deleted the account, in whichever tab, or the
 * server's code.
 *
 * @typedef {'signed_out' | 'account_deleted' | 'session_revoked' | 'refresh_token_reused' |
 *   'refresh_token_expired' | 'invalid_refresh_token'} Reason
 */

/** Someone signed in or out, or their claims changed. */
export class SessionEvent extends Event {
  /**
   * @param {Session | null} session Who is signed in now.
   * @param {Reason | null} reason Why nobody is any more.
   */
  constructor(session, reason) {
    super("session");
    this.session = session;
    this.reason = reason;
  }
}

/**
 * A person's sign-in in this browser. A page makes one, and calls `start`.
 *
 * Events: `session` ({@link SessionEvent}), `reachability`.
 */
export class Latchkey extends EventTarget {
  /** @type {'starting' | 'signed-in' | 'signed-out'} */
  #state = "starting";
  /** @type {Grant | null} */
  #grant = null;
  /** Aborted when the session ends, with all that is under way in its name. */
  #sessionEnd = new AbortController();
  /** Sessions that have ended: a late message does not bring them back. */
  #ended = new Set();
  /** @type {Promise<void> | null} */
  #renewal = null;
  /** @type {Promise<boolean> | null} */
  #look = null;
  #server = new Server(() => this.dispatchEvent(new Event("reachability")));
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #closed = new AbortController();
  #checkEvery;
  #tabs;

  /**
   * @param {object} [options]
   * @param {number} [options.checkEvery] Milliseconds between looks at whether the session still lives, while the
   *   page is visible: 5 seconds by default. 0 for none: then the next call tells.
   */
  constructor({ checkEvery = 5_000 } = {}) {
    super();
    this.#checkEvery = checkEvery;
    this.#tabs = new Tabs((message) => this.#hear(message));
  }

  /** Who is signed in, if anybody. */
  get session() {
    return this.#grant?.session ?? null;
  }

  /** Whether somebody is signed in; `starting` until that is known. */
  get state() {
    return this.#state;
  }

  /** Whether this browser has a session, be it a good one or not: known before anybody was asked. */
  get mayBeSignedIn() {
    return hint.isThere() && pendingSignOut.get() === null;
  }

  /** Whether the server answers, as far as calls of this object tell. */
  get reachable() {
    return this.#server.reachable;
  }

  /** Finds out whether somebody is signed in. Where the server cannot be asked, it keeps trying. */
  async start() {
    this.#listen();
    await this.#tabs.enter();
    await this.#lookAround();
  }

  /**
   * Registers a person, and signs them in.
   *
   * @param {{ username: string, email: string, password: string, full_name?: string }} fields
   * @returns {Promise<User>}
   * @throws {Problem}
   */
  async register(fields) {
    try {
      return await this.#signIn("/auth/register", fields);
    } catch (error) {
      if (!(error instanceof Problem && error.isLost)) throw error;
      // If only the answer was lost, they can sign in.
      return this.logIn({ identifier: fields.username, password: fields.password }).catch(() => {
        throw error;
      });
    }
  }

  /**
   * Signs a person in. With a temporary password this is refused as `password_change_required`, until a new one
   * comes with it.
   *
   * @param {{ identifier: string, password: string, new_password?: string }} credentials The identifier is a username
   *   or an e-mail address.
   * @returns {Promise<User>}
   * @throws {Problem}
   */
  logIn(credentials) {
    return this.#signIn("/auth/login", credentials);
  }

  /**
   * Signs out at once, in all tabs. The server is told now, or when it can be reached again. The scope
   * `others` signs out the person's other devices, and not this one.
   *
   * @param {{ scope?: 'this' | 'others' | 'all' }} [options]
   * @throws {Problem} Only with `others`.
   */
  async logOut({ scope = "this" } = {}) {
    if (scope === "others") {
      await this.#tabs.alone(() => this.#server.post("/auth/logout", { scope }));
      return;
    }
    pendingSignOut.set(scope);
    this.#end("signed_out");
    await this.#tabs.alone(() => this.#settleSignOut()).catch(() => {});
    this.#schedule();
  }

  /**
   * Changes the password, which signs out all other devices.
   *
   * @param {{ current_password: string, new_password: string }} passwords
   * @throws {Problem}
   */
  async changePassword(passwords) {
    await this.call("POST", "/auth/password", { body: passwords });
  }

  /**
   * Deletes the account.
   *
   * @param {{ password: string }} proof
   * @throws {Problem}
   */
  async deleteAccount(proof) {
    await this.call("DELETE", "/auth/me", { body: proof });
    this.#end("account_deleted");
  }

  /**
   * Gets an access token with the claims as they are now.
   *
   * @throws {Problem}
   */
  async renew() {
    const id = this.session?.id;
    await this.#renewal?.catch(() => {});
    this.#grantOf(id);
    await this.#renew({ fromTabs: false });
  }

  /**
   * Asks whether the session still lives. A page that comes back from the back/forward cache has not heard of
   * anything that happened meanwhile.
   *
   * @returns {Promise<boolean>} Whether that is known now; not if the server could not be asked.
   */
  async confirm() {
    await this.#look;
    return this.#lookAround();
  }

  /**
   * `fetch` with the access token, which is renewed before it expires, and once if a service refuses it.
   *
   * @param {string | URL} input An address of this origin: no other gets the token.
   * @param {RequestInit} [init] With a body, if any, that can be sent twice.
   * @returns {Promise<Response>}
   * @throws {Problem} `unreachable`; `aborted`; `signed_out` if nobody is, or it is not the same person any more.
   */
  async fetch(input, init = {}) {
    const url = here(input);
    const id = this.session?.id;
    const end = this.#sessionEnd.signal;
    const send = () => this.#server.exchange(url, authorized(init, this.#grantOf(id)), end);

    await this.#renewInTime(id);
    const sent = this.#grantOf(id);
    const response = await send();
    if (response.status !== 401) return response;
    const { code } = await Problem.of(response.clone());
    if (code === "session_revoked") {
      if (!end.aborted) this.#end("session_revoked");
      return response;
    }
    if (this.#grant === sent) await this.#renew({ fromTabs: true });
    return send();
  }

  /**
   * A call that sends and gets JSON, or nothing.
   *
   * @param {string} method
   * @param {string} path
   * @param {object} [options]
   * @param {unknown} [options.body]
   * @param {Record<string, string>} [options.headers]
   * @param {AbortSignal} [options.signal]
   * @param {boolean} [options.keepalive] Whether it goes on when the page is left.
   * @param {boolean} [options.anonymous] Whether it is in nobody's name.
   * @returns {Promise<Answer>}
   * @throws {Problem}
   */
  async call(method, path, { body, headers, signal, keepalive, anonymous } = {}) {
    const init = { method, signal, keepalive, ...json(body, headers) };
    return answer(
      anonymous ? await this.#server.exchange(here(path), init) : await this.fetch(path, init),
    );
  }

  /** Ends this object's work. Nobody is signed out by it. */
  close() {
    this.#closed.abort();
    this.#sessionEnd.abort();
    clearTimeout(this.#timer);
    this.#tabs.close();
  }

  // Sessions begin and end.

  /**
   * @param {string} path
   * @param {object} body
   * @returns {Promise<User>}
   */
  #signIn(path, body) {
    return this.#tabs.alone(async () => {
      await this.#settleSignOut();
      const asked = clocks();
      const { data } = await this.#server.post(path, body);
      this.#begin(data, asked);
      return data.user;
    });
  }

  /**
   * @param {any} tokenResponse
   * @param {{ wallAt: number, monotonicAt: number }} asked
   */
  #begin(tokenResponse, asked) {
    const grant = read(tokenResponse, asked);
    if (this.#ended.has(grant.session.id)) {
      // Another tab signed out before this one knew who was signed in.
      this.#forget("signed_out");
      return;
    }
    this.#tabs.tell({ kind: "grant", grant });
    this.#adopt(grant);
  }

  /** @param {Grant} grant */
  #adopt(grant) {
    if (this.#grant && this.#grant.session.subject !== grant.session.subject) {
      // Whatever is anybody's ends before something of somebody else's begins.
      this.#forget("session_revoked");
    }
    const before = this.session;
    if (before !== null && before.id !== grant.session.id) this.#abandon();
    this.#grant = grant;
    this.#state = "signed-in";
    this.#schedule();
    if (JSON.stringify(before) !== JSON.stringify(grant.session)) {
      this.dispatchEvent(new SessionEvent(grant.session, null));
    }
  }

  /** @param {Reason} reason */
  #end(reason) {
    const session = this.session?.id;
    if (session !== undefined) this.#tabs.tell({ kind: "ended", session, reason });
    this.#forget(reason);
  }

  /** @param {Reason | null} reason */
  #forget(reason) {
    const wasSignedOut = this.#state === "signed-out";
    if (this.#grant) this.#ended.add(this.#grant.session.id);
    this.#grant = null;
    this.#state = "signed-out";
    this.#abandon();
    this.#schedule();
    if (!wasSignedOut) this.dispatchEvent(new SessionEvent(null, reason));
  }

  /** Gives up what is under way in the name of the session. */
  #abandon() {
    this.#sessionEnd.abort();
    this.#sessionEnd = new AbortController();
  }

  /** Tells the server of a sign-out that it has not heard of. Refused, there was nothing to sign out of. */
  async #settleSignOut() {
    const scope = pendingSignOut.get();
    if (scope === null) return;
    await this.#server.post("/auth/logout", { scope }).catch((error) => {
      if (!(error instanceof Problem) || error.isPassing) throw error;
    });
    hint.drop();
    pendingSignOut.drop();
  }

  /** @param {Message} message */
  #hear(message) {
    switch (message.kind) {
      case "grant": {
        const grant = { ...message.grant, monotonicAt: monotonicOf(message.grant.wallAt) };
        if (this.#wants(grant)) this.#adopt(grant);
        break;
      }
      case "ended":
        this.#ended.add(message.session);
        if (this.session?.id === message.session) this.#forget(message.reason);
        break;
      case "ask":
        if (this.#grant && left(this.#grant) > margin(this.#grant)) {
          this.#tabs.tell({ kind: "grant", grant: this.#grant });
        } else {
          this.#tabs.tell({ kind: "none", to: message.from });
        }
        break;
      default:
    }
  }

  /**
   * Whether another tab's access token is newer than the one here. Messages of several tabs come in any order.
   *
   * @param {Grant} grant
   */
  #wants(grant) {
    if (this.#ended.has(grant.session.id) || pendingSignOut.get() !== null) return false;
    if (!this.#grant) return left(grant) > 0;
    if (this.#grant.accessToken === grant.accessToken) return false;
    return this.#grant.session.id === grant.session.id
      ? grant.issuedAt >= this.#grant.issuedAt
      : grant.signedInAt >= this.#grant.signedInAt;
  }

  // Access tokens.

  /**
   * @param {string | undefined} id The session that a call was begun in.
   * @returns {Grant}
   */
  #grantOf(id) {
    if (!this.#grant || this.#grant.session.id !== id) throw signedOut();
    return this.#grant;
  }

  /** @param {string | undefined} id */
  async #renewInTime(id) {
    const grant = this.#grantOf(id);
    if (left(grant) > margin(grant)) return;
    await this.#renew({ fromTabs: true }).catch((error) => {
      if (left(grant) <= 0) throw error;
    });
  }

  /**
   * Gets another access token: once, however many ask for it.
   *
   * @param {{ fromTabs: boolean }} options Whether one that another tab has will do.
   */
  #renew({ fromTabs }) {
    this.#renewal ??= this.#renewOnce(fromTabs).finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  /** @param {boolean} fromTabs */
  async #renewOnce(fromTabs) {
    const end = this.#sessionEnd.signal;
    const stale = this.#grant;
    const isDone = () => end.aborted || (fromTabs && this.#grant !== stale);
    const refresh = async () => {
      if (!isDone() && fromTabs) await this.#tabs.ask(isDone);
      if (!isDone()) await this.#refresh(end);
    };
    await this.#tabs.alone(refresh, isDone);
  }

  /** @param {AbortSignal} end */
  async #refresh(end) {
    const asked = clocks();
    try {
      const { data } = await this.#server.refresh(end);
      if (!end.aborted) this.#begin(data, asked);
    } catch (error) {
      const isRefusal = error instanceof Problem && error.status === 401;
      const reason = isRefusal ? ENDINGS[error.code] : undefined;
      if (reason === undefined || end.aborted) throw error;
      hint.drop();
      this.#end(reason);
    }
  }

  // Looking around.

  #listen() {
    const { signal } = this.#closed;
    const look = () => this.#lookAround();
    document.addEventListener("visibilitychange", () => document.hidden || look(), { signal });
    addEventListener("online", look, { signal });
    addEventListener("offline", () => this.#server.goOffline(), { signal });
    // A page that holds a lock does not go into the back/forward cache.
    addEventListener("pagehide", () => this.#tabs.leave(), { signal });
    addEventListener(
      "pageshow",
      async ({ persisted }) => {
        if (!persisted) return;
        await this.#tabs.enter();
        look();
      },
      { signal },
    );
  }

  /**
   * Does what is due, and sees to it that it happens again.
   *
   * @returns {Promise<boolean>} Whether it is known now who is signed in.
   */
  #lookAround() {
    this.#look ??= this.#lookOnce()
      .then(
        () => true,
        (error) => {
          if (!(error instanceof Problem)) throw error;
          return this.#state === "signed-out";
        },
      )
      .finally(() => {
        this.#look = null;
        this.#schedule();
      });
    return this.#look;
  }

  async #lookOnce() {
    if (pendingSignOut.get() !== null) {
      this.#forget("signed_out");
      await this.#tabs.alone(() => this.#settleSignOut());
    } else if (this.#state === "starting" && !hint.isThere()) {
      this.#forget(null);
    } else if (this.#state === "starting") {
      await this.#renew({ fromTabs: true });
    } else if (this.#state === "signed-in" && !hint.isThere()) {
      await this.#renew({ fromTabs: false });
    } else if (this.#state === "signed-in") {
      const response = await this.fetch("/auth/verify");
      this.#server.noticeAuthServer(response, isWell);
      if (!isWell(response.status)) throw await Problem.of(response);
    }
  }

  #schedule() {
    clearTimeout(this.#timer);
    const wait = this.#untilNextLook();
    if (wait === null || this.#closed.signal.aborted || document.hidden) return;
    const polite = Math.max(wait * (0.9 + Math.random() / 10), this.#server.patience);
    this.#timer = setTimeout(() => this.#lookAround(), polite);
  }

  #untilNextLook() {
    if (this.#state === "starting" || pendingSignOut.get() !== null) return RETRY_EVERY;
    if (!this.#grant) return null;
    if (!this.reachable) return RETRY_EVERY;
    const renewal = Math.max(left(this.#grant) - margin(this.#grant), 100);
    return this.#checkEvery > 0 ? Math.min(renewal, this.#checkEvery) : renewal;
  }
}

/**
 * The browser's cache is not to keep the answer: it would outlive the session.
 *
 * @param {RequestInit} init
 * @param {Grant} grant
 * @returns {RequestInit}
 */
function authorized(init, { accessToken }) {
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${accessToken}`);
  return { cache: "no-store", redirect: "error", ...init, headers };
}

/**
 * An address of this origin.
 *
 * @param {string | URL} input
 */
function here(input) {
  const url = new URL(input, location.origin);
  if (url.origin !== location.origin) throw new TypeError(`calls do not go to ${url.origin}`);
  return url;
}
