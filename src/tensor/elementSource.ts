/** Fills `to` with the next elements of a tensor, row-major; all of them, one part after the other, are read once. */
export type ElementReader = (to: Float32Array) => void;

/** Writes all elements of a tensor into `to`, row-major, and each time the same. */
export interface ElementSource {
  (to: Float32Array): void;
  /** Begins to read them in parts; absent where they come as a whole alone. */
  readonly begin?: () => ElementReader;
}

/** A source that can be read in parts. */
export function elementSource(begin: () => ElementReader): ElementSource {
  return Object.assign((to: Float32Array) => begin()(to), { begin });
}

/** Reads what is in memory. */
export function readerOf(elements: Float32Array): ElementReader {
  let at = 0;
  return (to) => {
    to.set(elements.subarray(at, at + to.length));
    at += to.length;
  };
}
