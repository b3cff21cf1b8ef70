/** The notes API, as the pages call it. */

import { Problem } from "../../latchkey.js";

/** @typedef {import('./text.js').Content} Content */

/**
 * @typedef {object} Note
 * @property {string} id
 * @property {string} title
 * @property {string} body
 * @property {number} version how often it was written; in quotes, its entity tag
 * @property {string} created_at RFC 3339
 * @property {string} updated_at RFC 3339
 */

/** @typedef {{notes: Note[], next_cursor: string | null}} Page */

/** @typedef {Pick<import('../../latchkey.js').Latchkey, 'call'>} Caller */

/**
 * Whatever fails, fails with a `Problem`.
 *
 * @param {Caller} latchkey
 */
export function notesApi(latchkey) {
  /** @type {Caller['call']} */
  const call = async (...request) => {
    try {
      return await latchkey.call(...request);
    } catch (failure) {
      if (failure instanceof Problem) throw failure;
      // The connection broke off within the answer.
      throw new Problem(0, "unreachable", "The answer did not arrive.");
    }
  };
  return {
    /**
     * @param {{query: string, limit: number, cursor: string | null}} wanted
     * @param {AbortSignal} signal
     * @returns {Promise<Page>}
     */
    async list({ query, limit, cursor }, signal) {
      const parameters = new URLSearchParams({ limit: String(limit) });
      if (query !== "") parameters.set("query", query);
      if (cursor !== null) parameters.set("cursor", cursor);
      return (await call("GET", `/notes?${parameters}`, { signal })).data;
    },

    /**
     * @param {string} id
     * @returns {Promise<Note>}
     */
    async show(id) {
      return (await call("GET", pathOf(id))).data;
    },

    /**
     * Makes a note, or shows the one that was made with this key.
     *
     * @param {string} key a UUID
     * @param {Content} content
     * @param {boolean} keepalive whether the page may be gone before the answer is there
     * @returns {Promise<Note>}
     */
    async create(key, content, keepalive) {
      const headers = { "Idempotency-Key": `"${key}"` };
      return (await call("POST", "/notes", { body: content, headers, keepalive })).data;
    },

    /**
     * Writes a note anew, if it still has the version.
     *
     * @param {string} id
     * @param {number} version
     * @param {Content} content
     * @param {boolean} keepalive
     * @returns {Promise<Note>}
     */
    async replace(id, version, content, keepalive) {
      const headers = { "If-Match": tagOf(version) };
      return (await call("PUT", pathOf(id), { body: content, headers, keepalive })).data;
    },

    /**
     * Deletes a note, if it still has the version.
     *
     * @param {string} id
     * @param {number} version
     * @param {boolean} keepalive
     */
    async remove(id, version, keepalive) {
      const headers = { "If-Match": tagOf(version) };
      await call("DELETE", pathOf(id), { headers, keepalive });
    },
  };
}

/** @typedef {ReturnType<typeof notesApi>} NotesApi */

/** @param {string} id */
function pathOf(id) {
  return `/notes/${encodeURIComponent(id)}`;
}

/** @param {number} version */
function tagOf(version) {
  return `"${version}"`;
}
