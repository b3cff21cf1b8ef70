import { Problem, signedOut } from "./problem.js";

/** Milliseconds that an answer may take. */
const ANSWER_TIMEOUT = 10_000;
/** Milliseconds before a call without an answer is repeated. The first repetition stays well within the
 * grace window, in which a refresh token may be presented again. */
const REPETITIONS = [200, 1_000];

/** @typedef {{ status: number, headers: Headers, data: any }} Answer */

/** Sends requests to this page's origin, and tells by what comes of them whether it is there. */
export class Server {
  #networkDown = false;
  #authServerDown = false;
  #notBefore = 0;
  #onChange;

  /** @param {() => void} onChange Called when `reachable` changes. */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  get reachable() {
    return !(this.#networkDown || this.#authServerDown);
  }

  /** Milliseconds for which the auth server does not want to be asked. */
  get patience() {
    return Math.max(this.#notBefore - Date.now(), 0);
  }

  /** The browser says that there is no network. */
  goOffline() {
    this.#notice({ networkDown: true });
  }

  /**
   * One request, and its answer.
   *
   * @param {URL} url
   * @param {RequestInit} init
   * @param {AbortSignal} [end] Of the session that it is made in.
   * @throws {Problem} `unreachable`, `aborted`, `signed_out` when the session ends meanwhile.
   */
  async exchange(url, init, end) {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), ANSWER_TIMEOUT);
    const { signal, release } = anyOf([timeout.signal, init.signal, end]);
    try {
      const response = await fetch(url, { ...init, signal });
      this.#notice({ networkDown: false });
      return response;
    } catch {
      if (end?.aborted) throw signedOut();
      if (init.signal?.aborted) throw new Problem(0, "aborted", "The call was given up.");
      this.#notice({ networkDown: true });
      throw new Problem(0, "unreachable", "The server cannot be reached.");
    } finally {
      clearTimeout(timer);
      release();
    }
  }

  /**
   * A call of the auth server that goes by the cookies. It goes on when the page is left: else the server would
   * have changed the refresh token, and the browser not.
   *
   * @param {string} path
   * @param {unknown} [body]
   * @returns {Promise<Answer>}
   * @throws {Problem}
   */
  async post(path, body) {
    const response = await this.#post(path, body);
    this.noticeAuthServer(response, (status) => status < 500);
    return answer(response);
  }

  /**
   * Refreshes, and does so again if the answer was lost: the next one is the same.
   *
   * @param {AbortSignal} end
   * @returns {Promise<Answer>}
   * @throws {Problem}
   */
  async refresh(end) {
    for (const milliseconds of REPETITIONS) {
      try {
        return await this.#refreshOnce(end);
      } catch (error) {
        const isWorthwhile = error instanceof Problem && error.isLost && navigator.onLine;
        if (!isWorthwhile) throw error;
        await pause(milliseconds * (1 + Math.random()), end);
      }
    }
    return this.#refreshOnce(end);
  }

  /**
   * Takes note of how the auth server fares.
   *
   * @param {Response} response
   * @param {(status: number) => boolean} isWell Whether it gives such an answer when it is there.
   */
  noticeAuthServer(response, isWell) {
    this.#notBefore = Date.now() + (Problem.retryAfter(response) ?? 0) * 1_000;
    this.#notice({ authServerDown: !isWell(response.status) });
  }

  /** @param {AbortSignal} end */
  async #refreshOnce(end) {
    const response = await this.#post("/auth/refresh", undefined, end);
    this.noticeAuthServer(response, isWell);
    return answer(response);
  }

  /**
   * @param {string} path
   * @param {unknown} body
   * @param {AbortSignal} [end]
   */
  #post(path, body, end) {
    const init = { method: "POST", keepalive: true, ...json(body) };
    return this.exchange(new URL(path, location.origin), init, end);
  }

  /** @param {{ networkDown?: boolean, authServerDown?: boolean }} news */
  #notice({ networkDown = this.#networkDown, authServerDown = this.#authServerDown }) {
    const before = this.reachable;
    this.#networkDown = networkDown;
    this.#authServerDown = authServerDown;
    if (this.reachable !== before) this.#onChange();
  }
}

/**
 * Whether the auth server, when it is there, gives such an answer to a question about a session. Anything else comes
 * from what stands in front of it, or from one that has no time.
 *
 * @param {number} status
 */
export function isWell(status) {
  return status === 200 || status === 401;
}

/**
 * @param {unknown} body
 * @param {Record<string, string>} [headers]
 * @returns {{ headers: Record<string, string>, body?: string }}
 */
export function json(body, headers = {}) {
  if (body === undefined) return { headers };
  return {
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}

/**
 * @param {Response} response
 * @returns {Promise<Answer>}
 * @throws {Problem}
 */
export async function answer(response) {
  if (!response.ok) throw await Problem.of(response);
  const { status, headers } = response;
  const isJson = headers.get("Content-Type")?.startsWith("application/json");
  return { status, headers, data: isJson ? await response.json().catch(brokenOff) : null };
}

function brokenOff() {
  throw new Problem(0, "unreachable", "The answer broke off.");
}

/**
 * A signal that follows the first of several, until it is released.
 *
 * @param {(AbortSignal | null | undefined)[]} signals
 */
function anyOf(signals) {
  const any = new AbortController();
  const released = new AbortController();
  for (const signal of signals) {
    if (signal?.aborted) any.abort();
    signal?.addEventListener("abort", () => any.abort(), { signal: released.signal });
  }
  return { signal: any.signal, release: () => released.abort() };
}

/**
 * @param {number} milliseconds
 * @param {AbortSignal} end Cuts it short.
 */
function pause(milliseconds, end) {
  return new Promise((resolve) => {
    const { signal, release } = anyOf([end]);
    const finish = () => {
      clearTimeout(timer);
      release();
      resolve(undefined);
    };
    const timer = setTimeout(finish, milliseconds);
    signal.addEventListener("abort", finish);
  });
}
