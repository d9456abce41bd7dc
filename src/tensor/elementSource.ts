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

/**
 * Elements `from … from + length − 1` of a value, row-major, wherever they lie: to be read before the next call, and not to be written
 * to.
 */
export type ElementPart = (from: number, length: number) => Float32Array;

/** Those of an array. */
export function partsOf(elements: Float32Array): ElementPart {
  return (from, length) => elements.subarray(from, from + length);
}

/** Parts of what is large have so many elements, or a few more. */
export const ELEMENTS_AT_A_TIME = 2 ** 18;

/** Goes through elements `from … to − 1` a part at a time. */
export function eachRange(
  from: number,
  to: number,
  take: (from: number, length: number) => void,
): void {
  for (let at = from; at < to; at += ELEMENTS_AT_A_TIME) {
    take(at, Math.min(ELEMENTS_AT_A_TIME, to - at));
  }
}

/** Reads what is in memory. */
export function readerOf(elements: Float32Array): ElementReader {
  let at = 0;
  return (to) => {
    to.set(elements.subarray(at, at + to.length));
    at += to.length;
  };
}
