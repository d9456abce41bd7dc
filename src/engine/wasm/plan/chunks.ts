/** `rows` cut into parts of nearly one size, and of at most about `most` rows. */
export function evenChunk(rows: number, most: number): number {
  return Math.ceil(rows / Math.ceil(rows / Math.max(1, most)));
}

/** Rows that threads share, several per work item. */
export interface SharedRows {
  readonly rows: number;
  /** About how many an item has at most. */
  readonly most: number;
  readonly threads: number;
  /** What an item has to do besides its rows, in rows. */
  readonly extra: number;
  /** Each chunk of rows is an item for each of these, whose work is proportional to it. Default: one item per chunk. */
  readonly widths?: readonly number[];
}

/** Rows per work item with which the threads are done first; as many as possible, where that makes no difference. */
export function balancedChunk(shared: SharedRows): number {
  let best = evenChunk(shared.rows, shared.most);
  let least = Number.POSITIVE_INFINITY;
  for (let size = best; size >= 1; size--) {
    const time = timeOf(shared, size);
    if (time < least) [best, least] = [size, time];
  }
  return best;
}

/** How long items of `size` rows take, each of which goes to the thread that is free first. */
function timeOf({ rows, threads, extra, widths = [1] }: SharedRows, size: number): number {
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
