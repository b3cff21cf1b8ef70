/**
 * What was typed and has not reached the server, in the browser's storage: there it outlives the tab,
 * the network and the sign-in. It belongs to one person, and to one tab while that tab lives.
 */

/**
 * @typedef {object} Draft
 * @property {string} id a UUID; for a new note also the key under which it is made (Idempotency-Key)
 * @property {string | null} note the note's id; `null` for one that the server has not confirmed
 * @property {{version: number, print: string} | null} base what was at the server when the writing began
 * @property {string} title
 * @property {string} body
 * @property {string[]} sent fingerprints of texts that were sent since, whose fate is unknown
 * @property {string} tab whose it is
 * @property {number} changed when, in milliseconds since 1970
 */

/** @typedef {Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>} KeyValue */

const PREFIX = "latchkey.draft.";

/** The drafts of one person, as one tab sees them. */
export class Drafts {
  #storage;
  #prefix;
  #tab;
  #failing = false;

  /**
   * @param {{storage: KeyValue | null, subject: string, tab: string}} whose `storage` is `null` where
   *   the browser forbids it
   */
  constructor({ storage, subject, tab }) {
    this.#storage = storage;
    this.#prefix = `${PREFIX}${subject}.`;
    this.#tab = tab;
  }

  /** Whether what was written last is in the storage: it may be full, or forbidden. */
  get kept() {
    return this.#storage !== null && !this.#failing;
  }

  /**
   * Writes a draft of this tab.
   *
   * @param {Draft} draft
   */
  write(draft) {
    try {
      this.#storage?.setItem(this.#prefix + draft.id, JSON.stringify({ ...draft, tab: this.#tab }));
      this.#failing = false;
    } catch {
      this.#failing = true;
    }
  }

  /** @param {string} id */
  remove(id) {
    this.#storage?.removeItem(this.#prefix + id);
  }

  /**
   * Whether a draft is still this tab's.
   *
   * @param {string} id
   */
  owns(id) {
    return this.#read(this.#prefix + id)?.tab === this.#tab;
  }

  /**
   * Makes the drafts of tabs that are gone this tab's, oldest first. Only one tab at a time may do so.
   *
   * @param {Set<string>} living the tabs that are not gone
   * @returns {Draft[]}
   */
  takeUp(living) {
    const left = this.all().filter(({ tab }) => tab !== this.#tab && !living.has(tab));
    for (const draft of left) this.write(draft);
    return left.filter(({ id }) => this.owns(id));
  }

  /**
   * All drafts of the person, whichever tab's, oldest first.
   *
   * @returns {Draft[]}
   */
  all() {
    const drafts = this.#keys().flatMap((key) => this.#read(key) ?? []);
    return drafts.sort((one, other) => one.changed - other.changed);
  }

  /** Leaves nothing of this person in the storage. */
  clear() {
    for (const key of this.#keys()) this.#storage?.removeItem(key);
  }

  #keys() {
    const count = this.#storage?.length ?? 0;
    const keys = Array.from({ length: count }, (_, index) => this.#storage?.key(index) ?? "");
    return keys.filter((key) => key.startsWith(this.#prefix));
  }

  /**
   * @param {string} key
   * @returns {Draft | null}
   */
  #read(key) {
    try {
      return parse(JSON.parse(this.#storage?.getItem(key) ?? "null"));
    } catch {
      return null;
    }
  }
}

/**
 * Reads what is in the storage, where anything may be.
 *
 * @param {any} unverified
 * @returns {Draft | null}
 */
function parse(unverified) {
  if (typeof unverified !== "object" || unverified === null) return null;
  const { id, note, base, title, body, sent, tab, changed } = unverified;
  const texts = [id, title, body, tab].every((text) => typeof text === "string");
  const known =
    typeof note === "string"
      ? typeof base?.version === "number" && typeof base?.print === "string"
      : note === null && base === null;
  const prints = Array.isArray(sent) && sent.every((print) => typeof print === "string");
  return texts && known && prints && typeof changed === "number"
    ? { id, note, base, title, body, sent, tab, changed }
    : null;
}
