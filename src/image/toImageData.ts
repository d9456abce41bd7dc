import { checkPicture, type PictureInput } from './pictureInput.js';

/** What `ImageData` is, without the types of a page. */
export interface ImageDataLike {
  readonly width: number;
  readonly height: number;
  /** RGBA, row by row from the top: width · height · 4 bytes. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly colorSpace: 'srgb' | 'display-p3';
}

/**
 * A picture as a page draws it: RGBA, opaque where the picture has no alpha. Where there is an `ImageData`, it is one;
 * elsewhere it is an object of the same form.
 *
 * ```ts
 * toImageData({ width: 1, height: 1, data: Uint8Array.of(1, 2, 3) }).data; // [1, 2, 3, 255]
 * ```
 *
 * ```ts no-run
 * const pixels = toImageData(await translate(canvas, generator));    // in a page
 * canvas.width = pixels.width;
 * canvas.height = pixels.height;
 * canvas.getContext('2d').putImageData(pixels, 0, 0);
 * ```
 *
 * @throws ImageError as `translate` for what is no picture.
 * @see HTML Standard, `ImageData`
 */
export function toImageData(picture: PictureInput): ImageDataLike {
  const { width, height, data: rgb, alpha } = checkPicture(picture, 'toImageData');
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    data[4 * i] = rgb[3 * i];
    data[4 * i + 1] = rgb[3 * i + 1];
    data[4 * i + 2] = rgb[3 * i + 2];
    data[4 * i + 3] = alpha === undefined ? 255 : alpha[i];
  }
  const { ImageData: Native } = globalThis as {
    ImageData?: new (data: Uint8ClampedArray, width: number, height: number) => ImageDataLike;
  };
  return Native === undefined
    ? { width, height, data, colorSpace: 'srgb' }
    : new Native(data, width, height);
}
