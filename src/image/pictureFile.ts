import { allBytes, bytesFrom, type RandomBytes } from '../platform/randomBytes.js';
import { ImageError } from './picture.js';

/** A picture's file: its bytes, or what gives any of them when they are asked for, so that a large one need not lie in memory. */
export type PictureFile = Uint8Array | RandomBytes;

/** What tells a file's format, and often its size. */
const START_BYTES = 2 ** 16;

/** The first bytes, by which a format is recognised. */
export function startOf(file: PictureFile): Uint8Array {
  return bytesFrom(file, 0, START_BYTES);
}

/** What is told by more and more of the first bytes, until that is enough, or there are no more. */
export function fromStart<T>(
  file: PictureFile,
  read: (start: Uint8Array) => T,
  isEnough: (found: T) => boolean,
): T {
  if (file instanceof Uint8Array) return read(file);
  for (let count = START_BYTES; count < file.length; count *= 4) {
    const found = read(bytesFrom(file, 0, count));
    if (isEnough(found)) return found;
  }
  return read(wholeFile(file));
}

/** No picture that is read as a whole has so many bytes. */
const MAX_WHOLE = 2 ** 31;

/** All of its bytes. @throws ImageError `ERR_IMAGE_SIZE` for a file that is too long for that. */
export function wholeFile(file: PictureFile): Uint8Array {
  if (file.length <= MAX_WHOLE) return allBytes(file);
  throw new ImageError(
    'ERR_IMAGE_SIZE',
    `The file has ${file.length} bytes, and would have to be read as a whole: at most ${MAX_WHOLE} are taken.`,
  );
}
