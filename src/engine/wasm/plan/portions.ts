/** Threads' time that may be lost at the end of a step, as a factor. */
const MOST_WASTE = 1.06;

/** `rows` cut into parts of nearly one size, and of at most about `most` rows. */
export function evenly(rows: number, most: number): number {
  return Math.ceil(rows / Math.ceil(rows / Math.max(1, most)));
}

/**
 * Rows an item, at most about `most`, such that `threads` have little to wait for each other. For each
 * piece of rows there is an item for each of `widths`, to which its work is proportional.
 */
export function busily(
  rows: number,
  most: number,
  widths: readonly number[],
  threads: number,
): number {
  let size = evenly(rows, most);
  while (size > 1 && waste(rows, size, widths, threads) > MOST_WASTE) size = evenly(rows, size - 1);
  return size;
}

/** How much longer the items take than if they were evenly spread; each goes to whoever is free first. */
function waste(rows: number, size: number, widths: readonly number[], threads: number): number {
  const busy = new Array<number>(threads).fill(0);
  let total = 0;
  for (let row = 0; row < rows; row += size) {
    for (const width of widths) {
      const work = width * Math.min(size, rows - row);
      const first = busy.indexOf(Math.min(...busy));
      busy[first] += work;
      total += work;
    }
  }
  return (Math.max(...busy) * threads) / total;
}
