// The system behind the site: where it is, and what only its operator can do to it.

import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";

/** The origin of the site. */
export const url = process.env.LATCHKEY_URL ?? "http://localhost:8080";

/**
 * Parts of the system.
 *
 * @typedef {"auth-servers" | "notes-apis" | "gateway" | "postgres"} Part
 */

/**
 * Commands to the system. All but `operate` need one of the file's own: a line `// system: own` in it, which
 * may go on with settings (`AUTH_REFRESH_GRACE=2s`).
 */
export const system = {
  /** Stops all replicas of a part in order. @param {Part} part */
  stop: (part) => say({ do: "stop", what: part }),

  /** Kills all replicas of a part at once. @param {Part} part */
  kill: (part) => say({ do: "kill", what: part }),

  /** Starts what was stopped or killed, and waits until it is ready. @param {Part} part */
  start: (part) => say({ do: "start", what: part }),

  /** A command of the auth server, as `operate("users", "disable", "ada")`. @param {string[]} words */
  operate: (...words) => say({ do: "operate", arguments: words }),
};

/**
 * @param {object} command
 * @returns {Promise<string>}
 */
async function say(command) {
  const port = process.env.LATCHKEY_COMMANDS;
  if (port === undefined) {
    throw new Error("only a run of cargo takes commands: see CONTRIBUTING.md");
  }
  const socket = connect(Number(port), "127.0.0.1");
  await once(socket, "connect");
  socket.write(`${JSON.stringify(command)}\n`);
  const { said, error } = JSON.parse(await text(socket));
  if (error !== undefined) {
    throw new Error(error);
  }
  return said;
}
