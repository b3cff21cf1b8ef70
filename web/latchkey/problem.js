/** @typedef {{ field: string, code: string, message: string }} FieldError */

/** What a call came to, if not to success. */
export class Problem extends Error {
  /**
   * @param {number} status Of the answer; 0 where there was none.
   * @param {string} code The server's (RFC 9457), or `unreachable`, `aborted`, `signed_out`.
   * @param {string} detail For people.
   * @param {{ errors?: FieldError[], retryAfter?: number | null }} [more] What is wrong with which field;
   *   in how many seconds it may be tried again.
   */
  constructor(status, code, detail, { errors = [], retryAfter = null } = {}) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.errors = errors;
    this.retryAfter = retryAfter;
  }

  /**
   * Reads a refusal.
   *
   * @param {Response} response
   */
  static async of(response) {
    const body = await response.json().catch(() => null);
    return new Problem(
      response.status,
      body?.code ?? "unknown",
      body?.detail ?? `The server answered ${response.status}.`,
      { errors: body?.errors, retryAfter: Problem.retryAfter(response) },
    );
  }

  /**
   * In how many seconds it may be tried again, if an answer says so.
   *
   * @param {Response} response
   */
  static retryAfter(response) {
    const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
    return Number.isNaN(seconds) ? null : seconds;
  }

  /** Whether there was no answer, and so nobody knows whether it was done. */
  get isLost() {
    return this.code === "unreachable" || this.status === 502 || this.status === 504;
  }

  /** Whether the same call may succeed later. */
  get isPassing() {
    return this.isLost || this.status === 429 || this.status >= 500;
  }
}

export function signedOut() {
  return new Problem(0, "signed_out", "Nobody is signed in.");
}
