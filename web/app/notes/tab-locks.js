/**
 * Which tabs live, told by Web Locks: a tab holds one of its own, which the browser takes back however
 * the tab ends.
 */

const TAB = "latchkey.tab.";

/** @typedef {Pick<LockManager, 'request' | 'query'>} Locks */

/**
 * Lives from now on; resolves when others can see it.
 *
 * @param {Locks} locks
 * @param {string} tab
 * @returns {Promise<() => void>} ends it
 */
export function live(locks, tab) {
  return new Promise((resolve, reject) => {
    const hold = () => new Promise((end) => resolve(() => end(undefined)));
    locks.request(TAB + tab, hold).catch(reject);
  });
}

/**
 * The tabs that live.
 *
 * @param {Locks} locks
 * @returns {Promise<Set<string>>}
 */
export async function living(locks) {
  const { held = [] } = await locks.query();
  const names = held.map(({ name = "" }) => name).filter((name) => name.startsWith(TAB));
  return new Set(names.map((name) => name.slice(TAB.length)));
}
