import { ImageError } from '../picture.js';

/** What to do about it, by error code; every message ends with one of these. */
const ADVICE = {
  ERR_JPEG_FORMAT: 'Give a JPEG file; decide by content, not by the file name.',
  ERR_JPEG_TRUNCATED: 'The file is incomplete: fetch or export it again.',
  ERR_JPEG_CORRUPT: 'The file is damaged: fetch or export it again.',
  ERR_JPEG_UNSUPPORTED: 'Save the picture as a baseline or progressive 8-bit JPEG, or as PNG.',
  ERR_JPEG_TOO_LARGE: 'Scale the picture down before decoding it.',
} as const;

/** Throws the `ImageError` for a bad input: what was wrong, where in the file, what to do. */
export function refuse(code: keyof typeof ADVICE, problem: string, offset: number): never {
  throw new ImageError(code, `JPEG: ${problem} (at byte ${offset}). ${ADVICE[code]}`);
}

/** Runs an allocation and turns "out of memory" into an `ImageError`. */
export function allocate<T>(create: () => T, offset: number): T {
  try {
    return create();
  } catch {
    refuse('ERR_JPEG_TOO_LARGE', 'there is not enough memory for a picture of this size', offset);
  }
}
