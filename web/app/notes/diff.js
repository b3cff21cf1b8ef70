/** What differs between two texts, line by line. */

/**
 * @typedef {{kind: 'same' | 'theirs' | 'mine', text: string}} Line a line of both, or of one alone
 */

/** Steps that are spent on a comparison at the most: a few milliseconds. */
const STEPS = 400_000;

/**
 * The lines of both texts in one order, with as few that differ as can be; `null` where the texts are
 * so long, and differ so much, that finding them would hold up the page.
 *
 * @param {string} theirs
 * @param {string} mine
 * @returns {Line[] | null}
 */
export function diff(theirs, mine) {
  const left = theirs.split(/\r\n?|\n/);
  const right = mine.split("\n");
  const start = sameAtStart(left, right);
  const end = sameAtEnd(left, right, start);
  const middle = compare(
    left.slice(start, left.length - end),
    right.slice(start, right.length - end),
  );
  if (!middle) return null;
  return [...left.slice(0, start).map(same), ...middle, ...left.slice(left.length - end).map(same)];
}

/**
 * The longest common subsequence, by the table of its lengths for all pairs of ends.
 *
 * @param {string[]} left
 * @param {string[]} right
 * @returns {Line[] | null}
 */
function compare(left, right) {
  const width = right.length + 1;
  if (left.length * right.length > STEPS) return null;
  const common = new Uint16Array((left.length + 1) * width);
  /** @type {(row: number, column: number) => number} */
  const at = (row, column) => common[row * width + column] ?? 0;
  for (let row = left.length - 1; row >= 0; row -= 1) {
    for (let column = right.length - 1; column >= 0; column -= 1) {
      common[row * width + column] =
        left[row] === right[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  /** @type {Line[]} */
  const lines = [];
  let row = 0;
  let column = 0;
  while (row < left.length || column < right.length) {
    const theirs = left[row];
    const mine = right[column];
    if (theirs !== undefined && theirs === mine) {
      lines.push(same(theirs));
      row += 1;
      column += 1;
    } else if (
      theirs !== undefined &&
      (mine === undefined || at(row + 1, column) >= at(row, column + 1))
    ) {
      lines.push({ kind: "theirs", text: theirs });
      row += 1;
    } else {
      lines.push({ kind: "mine", text: mine ?? "" });
      column += 1;
    }
  }
  return lines;
}

/**
 * @param {string[]} left
 * @param {string[]} right
 */
function sameAtStart(left, right) {
  let count = 0;
  while (count < left.length && count < right.length && left[count] === right[count]) count += 1;
  return count;
}

/**
 * @param {string[]} left
 * @param {string[]} right
 * @param {number} start lines that are taken already
 */
function sameAtEnd(left, right, start) {
  const most = Math.min(left.length, right.length) - start;
  let count = 0;
  while (count < most && left[left.length - 1 - count] === right[right.length - 1 - count])
    count += 1;
  return count;
}

/**
 * @param {string} text
 * @returns {Line}
 */
function same(text) {
  return { kind: "same", text };
}
