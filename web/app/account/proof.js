/** The password, asked for again where more than being signed in is wanted. */

import { Problem } from "../../latchkey.js";

/**
 * Makes a call; if it is refused for the password, that is said beside the password's field.
 *
 * @param {string} field
 * @param {() => Promise<void>} call
 */
export async function withProof(field, call) {
  try {
    await call();
  } catch (problem) {
    if (!(problem instanceof Problem) || problem.code !== "invalid_credentials") throw problem;
    const { status, code, detail } = problem;
    const errors = [{ field, code, message: "This is not your password." }];
    throw new Problem(status, code, detail, { errors });
  }
}
