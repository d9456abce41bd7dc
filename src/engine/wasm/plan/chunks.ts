/** `rows` cut into parts of nearly one size, and of at most about `most` rows. */
export function evenChunk(rows: number, most: number): number {
  return Math.ceil(rows / Math.ceil(rows / Math.max(1, most)));
}

/**
 * Rows an item, at most about `most`, with which `threads` are done first; as many as possible, where that makes no difference. For each
 * piece of rows there is an item for each of `widths`, to which its work is proportional, and `extra` is what an item has
 * to do besides, in rows.
 */
export function balancedChunk(
  rows: number,
  most: number,
  widths: readonly number[],
  threads: number,
  extra: number,
): number {
  let best = evenChunk(rows, most);
  let least = Number.POSITIVE_INFINITY;
  for (let size = best; size >= 1; size--) {
    const time = timeOf(rows, size, widths, threads, extra);
    if (time < least) [best, least] = [size, time];
  }
  return best;
}

/** How long the items take, each of which goes to whoever is free first. */
function timeOf(
  rows: number,
  size: number,
  widths: readonly number[],
  threads: number,
  extra: number,
): number {
  // Runs for each layer while V8 still interprets it, so nothing is allocated in the loops.
  const busy = new Float64Array(threads);
  for (let row = 0; row < rows; row += size) {
    const height = Math.min(size, rows - row) + extra;
    for (let i = 0; i < widths.length; i++) {
      let first = 0;
      for (let thread = 1; thread < threads; thread++) {
        if (busy[thread] < busy[first]) first = thread;
      }
      busy[first] += widths[i] * height;
    }
  }
  return Math.max(...busy);
}
