import { CycleganError } from '../errors.js';
import { describeValue } from '../tensor/describeValue.js';

/**
 * Pixels of three bytes (red, green, blue), row by row from the top. `data` has width · height · 3. Functions that take one
 * check that, and take what pages have as well: `PictureInput`.
 */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  /** How opaque each pixel is, 255 entirely; width · height values. Without it, all are. */
  readonly alpha?: Uint8Array;
}

/** A picture that cannot be read, made or written. */
export class ImageError extends CycleganError {
  override readonly name = 'ImageError';
}

/** Where Pillow, too, stops and speaks of a decompression bomb. */
export const DEFAULT_MAX_PIXELS = 178_956_970;
/** Machine code counts pixels in 32 bits with a sign. */
export const MOST_PIXELS = 2 ** 31 - 1;

let maxPixels = DEFAULT_MAX_PIXELS;

/**
 * Sets how many pixels a picture may have that is read, made or written: of this copy of the library, in this thread, as Pillow's
 * `Image.MAX_IMAGE_PIXELS` of the process. The default keeps a small file that says it is huge from taking memory and time; raise it for
 * files that you trust. Without an argument, it is Pillow's limit again, 178,956,970.
 *
 * ```ts
 * const picture = { width: 2, height: 1, data: new Uint8Array(6) };
 * setMaxPixels(1);
 * encodeImage(picture, 'a.png'); // throws ERR_IMAGE_SIZE
 * setMaxPixels();
 * encodeImage(picture, 'a.png').length > 0; // true
 * ```
 *
 * @param pixels A whole number from 1 to 2³¹ − 1.
 * @throws ImageError `ERR_IMAGE_SIZE` for another.
 * @see PIL.Image.DecompressionBombError
 */
export function setMaxPixels(pixels: number = DEFAULT_MAX_PIXELS): void {
  if (!Number.isInteger(pixels) || pixels < 1 || pixels > MOST_PIXELS) {
    throw new ImageError(
      'ERR_IMAGE_SIZE',
      `setMaxPixels takes a whole number from 1 to ${MOST_PIXELS}, but got ${describeValue(pixels)}.`,
    );
  }
  maxPixels = pixels;
}

/** What is told of a size that has too many pixels; `null` of any other. */
export function tooManyPixels(width: number, height: number): string | null {
  if (width * height <= maxPixels) return null;
  return `at most ${maxPixels} pixels are taken, unless you allow more (--max-pixels; in code: setMaxPixels)`;
}

/** @throws ImageError `ERR_IMAGE_SIZE` for no pixels, or for more than pictures may have. */
export function checkPictureSize(width: number, height: number, what: string): void {
  if (!(width >= 1 && height >= 1)) {
    throw new ImageError('ERR_IMAGE_SIZE', `${what} of ${width} x ${height} pixels is empty.`);
  }
  const problem = tooManyPixels(width, height);
  if (problem !== null) {
    throw new ImageError(
      'ERR_IMAGE_SIZE',
      `${what} of ${width} x ${height} pixels is too large: ${problem}.`,
    );
  }
}
