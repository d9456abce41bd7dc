import { CycleganError } from '../errors.js';

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
export const MAX_PIXELS = 178_956_970;

/** @throws ImageError `ERR_IMAGE_SIZE` for no pixels, or for more than any photograph has. */
export function checkPictureSize(width: number, height: number, what: string): void {
  if (!(width >= 1 && height >= 1)) {
    throw new ImageError('ERR_IMAGE_SIZE', `${what} of ${width} x ${height} pixels is empty.`);
  }
  if (width * height > MAX_PIXELS) {
    throw new ImageError(
      'ERR_IMAGE_SIZE',
      `${what} of ${width} x ${height} pixels is too large: at most ${MAX_PIXELS} pixels are taken.`,
    );
  }
}
