/** A notes API, a browser's storage and locks, and a clock, for tests: each as the real one behaves. */

import { Problem } from "../../latchkey.js";

/** @import { Note } from '../../app/notes/api.js' */
/** @import { Clock } from '../../app/notes/clock.js' */
/** @import { Content } from '../../app/notes/text.js' */

/**
 * Numbers that look random and are the same each time.
 *
 * @param {number} seed
 */
export function numbers(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    /** @param {number} bound */
    below: (bound) => Math.floor(next() * bound),
    /** @param {number} share */
    chance: (share) => next() < share,
    /**
     * @template T
     * @param {readonly T[]} things at least one
     */
    oneOf: (things) => /** @type {T} */ (things[Math.floor(next() * things.length)]),
  };
}

/**
 * A clock that stands until it is turned.
 *
 * @implements {Clock}
 */
export class TurnedClock {
  #time = 1_000;
  /** @type {Set<{at: number, run: () => void}>} */
  #calls = new Set();
  #random;

  /** @param {() => number} [random] */
  constructor(random = () => 0.5) {
    this.#random = random;
  }

  now = () => this.#time;

  random = () => this.#random();

  /**
   * @param {number} ms
   * @param {() => void} run
   */
  after = (ms, run) => {
    const call = { at: this.#time + ms, run };
    this.#calls.add(call);
    return () => this.#calls.delete(call);
  };

  /**
   * Lets time go by, and everything happen that is due.
   *
   * @param {number} ms
   */
  async pass(ms) {
    const end = this.#time + ms;
    await settle();
    for (;;) {
      const [next] = [...this.#calls].sort((one, other) => one.at - other.at);
      if (!next || next.at > end) break;
      this.#calls.delete(next);
      this.#time = Math.max(this.#time, next.at);
      next.run();
      await settle();
    }
    this.#time = end;
  }
}

/** Lets all promises come to rest that wait for nothing but each other. */
export function settle() {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A browser's storage; `room` is how much it takes. */
export class MemoryStorage {
  /** @type {Map<string, string>} */
  #entries = new Map();
  room = Number.POSITIVE_INFINITY;

  get length() {
    return this.#entries.size;
  }

  /** @param {number} index */
  key(index) {
    return [...this.#entries.keys()][index] ?? null;
  }

  /** @param {string} key */
  getItem(key) {
    return this.#entries.get(key) ?? null;
  }

  /**
   * @param {string} key
   * @param {string} value
   */
  setItem(key, value) {
    const others = [...this.#entries].filter(([name]) => name !== key);
    const used = others.reduce((sum, [name, text]) => sum + name.length + text.length, 0);
    if (used + key.length + value.length > this.room)
      throw new DOMException("", "QuotaExceededError");
    this.#entries.set(key, value);
  }

  /** @param {string} key */
  removeItem(key) {
    this.#entries.delete(key);
  }

  /** All that is in it. */
  text() {
    return [...this.#entries].join("\n");
  }
}

/** Web Locks of one browser. */
export class MemoryLocks {
  /** @type {Map<string, Promise<unknown>>} */
  #queues = new Map();
  /** @type {Set<string>} */
  #held = new Set();

  /**
   * @param {string} name
   * @param {any} work
   * @returns {Promise<any>}
   */
  async request(name, work) {
    const before = this.#queues.get(name);
    const turn = (async () => {
      await before;
      this.#held.add(name);
      try {
        return await work();
      } finally {
        this.#held.delete(name);
      }
    })();
    this.#queues.set(
      name,
      turn.catch(() => {}),
    );
    return turn;
  }

  async query() {
    return { held: [...this.#held].map((name) => ({ name })), pending: [] };
  }
}

/** Broadcast channels of one browser, all of the same name. */
export class MemoryChannels {
  /** @type {Set<{onmessage: ((event: any) => void) | null}>} */
  #ends = new Set();

  open() {
    /** @type {Pick<BroadcastChannel, 'postMessage' | 'close' | 'onmessage'>} */
    const end = {
      onmessage: null,
      postMessage: (data) => {
        for (const other of this.#ends) {
          if (other !== end)
            queueMicrotask(() => other.onmessage?.({ data: structuredClone(data) }));
        }
      },
      close: () => {
        this.#ends.delete(end);
      },
    };
    this.#ends.add(end);
    return end;
  }
}

/**
 * What becomes of one request: how long it is under way, whether it arrives, how long the answer is
 * under way, and whether that arrives; or what the server says instead of doing anything. `twice` is what a
 * gateway makes of a request whose first answer it did not get.
 *
 * @typedef {{there: number | null, back: number | null, instead?: Problem, twice?: boolean}} Fate
 */

/** When a client gives up waiting. */
const CLIENT_PATIENCE_MS = 10_000;

/** The notes API with one person's notes. */
export class ModelServer {
  /** @type {Map<string, Note>} */
  notes = new Map();
  /** Each write that was done. @type {{note: string, before: Content | null, after: Content | null}[]} */
  writes = [];
  /** How many notes were made once more, because the first was deleted before it was known. */
  remade = 0;
  /** Each request that arrived, in order. @type {string[]} */
  requests = [];
  /** @type {(request: string) => Fate} */
  fate = () => ({ there: 1, back: 1 });
  /** @type {Map<string, string>} */
  #keys = new Map();
  #clock;

  /** @param {Clock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  api = {
    /** @param {string} id */
    show: (id) => this.#carry(`GET ${id}`, () => this.#find(id)),
    /**
     * @param {string} key
     * @param {Content} content
     */
    create: (key, content) => this.#carry("POST", () => this.#create(key, content)),
    /**
     * @param {string} id
     * @param {number} version
     * @param {Content} content
     */
    replace: (id, version, content) =>
      this.#carry(`PUT ${id} "${version}"`, () => {
        if (this.#find(id).version !== version) throw problem(412, "precondition_failed");
        return this.write(id, content);
      }),
    /**
     * @param {string} id
     * @param {number} version
     */
    remove: (id, version) =>
      this.#carry(`DELETE ${id} "${version}"`, () => {
        if (this.#find(id).version !== version) throw problem(412, "precondition_failed");
        this.erase(id);
      }),
  };

  /**
   * Writes a note whatever it was: as another device does that has just read it.
   *
   * @param {string} id
   * @param {Content} content
   */
  write(id, { title, body }) {
    const before = this.#find(id);
    const note = { ...before, title, body, version: before.version + 1 };
    this.notes.set(id, note);
    this.writes.push({ note: id, before, after: note });
    return note;
  }

  /** @param {string} id */
  erase(id) {
    this.writes.push({ note: id, before: this.#find(id), after: null });
    this.notes.delete(id);
  }

  /** @param {Content} content */
  add({ title, body }) {
    const id = `note-${this.writes.length + 1}`;
    const at = new Date(this.#clock.now()).toISOString();
    const note = { id, title, body, version: 1, created_at: at, updated_at: at };
    this.notes.set(id, note);
    this.writes.push({ note: id, before: null, after: note });
    return note;
  }

  /**
   * @param {string} key
   * @param {Content} content
   */
  #create(key, content) {
    const made = this.#keys.get(key);
    const note = made === undefined ? undefined : this.notes.get(made);
    if (note) return note;
    // A key goes with its note (ADR 0018).
    if (made !== undefined) this.remade += 1;
    const fresh = this.add(content);
    this.#keys.set(key, fresh.id);
    return fresh;
  }

  /** @param {string} id */
  #find(id) {
    const note = this.notes.get(id);
    if (!note) throw problem(404, "not_found");
    return note;
  }

  /**
   * @template T
   * @param {string} request
   * @param {() => T} work
   * @returns {Promise<T>}
   */
  #carry(request, work) {
    const { there, back, instead, twice } = this.fate(request);
    return new Promise((resolve, reject) => {
      const giveUp = this.#clock.after(CLIENT_PATIENCE_MS, () => reject(unreachable()));
      /** @param {() => void} answer */
      const reply = (answer) => {
        if (back === null) return;
        this.#clock.after(back, () => {
          giveUp();
          answer();
        });
      };
      if (there === null) return;
      this.#clock.after(there, () => {
        this.requests.push(request);
        try {
          if (instead) throw instead;
          if (twice) work();
          const result = work();
          reply(() => resolve(structuredClone(result)));
        } catch (failure) {
          reply(() => reject(failure));
        }
      });
    });
  }
}

/**
 * @param {number} status
 * @param {string} code
 * @param {number | null} [retryAfter]
 */
export function problem(status, code, retryAfter = null) {
  return new Problem(status, code, code, { retryAfter });
}

export function unreachable() {
  return problem(0, "unreachable");
}
