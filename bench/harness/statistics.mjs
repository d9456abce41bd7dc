export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Each run of `a` against the run of `b` in the same turn: what disturbed one of them counts once. */
export function ratioByTurn(a, b) {
  const turns = Math.min(a.length, b.length);
  return median(a.slice(0, turns).map((value, turn) => value / b[turn]));
}

/**
 * The fastest run of `a` against that of `b`: for what takes milliseconds on a machine with steal. Whoever else uses a core
 * slows it by a third for tenths of a second, so that a median tells how many of the runs that hit; the fastest were not hit.
 */
export function ratioOfFastest(a, b) {
  return Math.min(...a) / Math.min(...b);
}
