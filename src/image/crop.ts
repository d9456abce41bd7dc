import { describeValue } from './describe.js';
import { ImageError, type Picture } from './picture.js';
import { checkPicture, type PictureInput } from './pictureInput.js';
import type { BeginRows } from './rows.js';

/**
 * The middle of a picture, `size` by `size` pixels.
 *
 * ```ts
 * const { width, height } = centerCrop(256)(await openImage('horse.png'));
 * [width, height]; // [256, 256]
 * ```
 *
 * @throws ImageError unless `size` is a whole number from 1 up; when the picture is smaller, or none.
 * @see torchvision.transforms.CenterCrop, which would pad a smaller one
 */
export function centerCrop(size: number): (picture: PictureInput) => Picture {
  checkSquare(size);
  return (input) => {
    const picture = checkPicture(input, 'centerCrop');
    return crop(picture, middlePart(picture, size));
  };
}

/** As `centerCrop`, row by row. @throws ImageError as that, when the picture begins. */
export function centerCropRows(size: number, next: BeginRows): BeginRows {
  checkSquare(size);
  return ({ width, height, hasAlpha }) => {
    const { left, top } = middlePart({ width, height }, size);
    const put = next({ width: size, height: size, hasAlpha });
    let y = 0;
    return (rgb, alpha) => {
      const isInside = y >= top && y < top + size;
      y++;
      if (!isInside) return;
      put(rgb.subarray(3 * left, 3 * (left + size)), alpha?.subarray(left, left + size));
    };
  };
}

function middlePart(
  { width, height }: { readonly width: number; readonly height: number },
  size: number,
): { left: number; top: number; width: number; height: number } {
  if (width < size || height < size) {
    throw new ImageError(
      'ERR_CROP',
      `A square of ${size} pixels cannot be cut out of ${width} x ${height}; resize it larger, or crop less.`,
    );
  }
  return { left: middle(width, size), top: middle(height, size), width: size, height: size };
}

function checkSquare(size: number): void {
  if (Number.isInteger(size) && size >= 1) return;
  throw new ImageError(
    'ERR_CROP',
    `crop: a whole number from 1 up is taken, the side of a square, but got ${describeValue(size)}.`,
  );
}

/** A part of a picture, which must lie inside it. */
export function crop(
  picture: Picture,
  part: { left: number; top: number; width: number; height: number },
): Picture {
  const { left, top, width, height } = part;
  if (width === picture.width && height === picture.height) return picture;
  const { alpha } = picture;
  const data = cropRows(picture.data, picture.width, 3, part);
  if (alpha === undefined) return { width, height, data };
  return {
    width,
    height,
    data,
    alpha: cropRows(alpha, picture.width, 1, { left, top, width, height }),
  };
}

function cropRows(
  from: Uint8Array,
  stride: number,
  channels: number,
  { left, top, width, height }: { left: number; top: number; width: number; height: number },
): Uint8Array {
  const out = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    const at = ((top + y) * stride + left) * channels;
    out.set(from.subarray(at, at + width * channels), y * width * channels);
  }
  return out;
}

/** Python's `round`, which torchvision uses, takes halves to the even number. */
function middle(side: number, size: number): number {
  const low = Math.floor((side - size) / 2);
  return (side - size) % 2 === 1 && low % 2 === 1 ? low + 1 : low;
}
