/** The function that machine code imports: it moves bytes between memory and the scratch file, and is one of the stages. */
export const TRANSFER = 'transfer';

/**
 * Arguments of that stage. Item `i` moves bytes `i · itemBytes …` of each plane, up to `bytes`; planes are `memoryStride` bytes apart in
 * memory, and `stride` in the file. An offset in the file takes two words, as does that stride: a plane may have more bytes than a word
 * counts.
 */
export const TRANSFER_ARGS = [
  'memory',
  'low',
  'high',
  'itemBytes',
  'bytes',
  'planes',
  'memoryStride',
  'strideLow',
  'strideHigh',
  'isStore',
] as const;

/** Less than this is not worth a call of the system. */
const MIN_ITEM_BYTES = 2 ** 18;

/** A value as it lies in the file: rows, of each plane. */
export interface FileRows {
  readonly height: number;
  readonly rowBytes: number;
  /** One, unless it is a picture as it comes in or goes out. */
  readonly planes: number;
}

/** Rows that are moved at a time: not all of a picture, where it has more. */
export function rowsAtATime({ height, rowBytes }: FileRows): number {
  return Math.max(1, Math.min(Math.ceil(MIN_ITEM_BYTES / rowBytes), Math.ceil(height / 8)));
}

/** All of a value, as rows of no particular length. */
export function wholeRows(bytes: number): FileRows {
  return { height: 1, rowBytes: bytes, planes: 1 };
}

/** Bytes of an item of a transfer that is no part of a chain. */
export function wholeItemBytes(bytes: number, threads: number): number {
  return Math.min(bytes, Math.max(MIN_ITEM_BYTES, Math.ceil(bytes / (threads * 64) / 64) * 64));
}
