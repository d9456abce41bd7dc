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
