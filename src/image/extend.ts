import { reflectIndex } from '../tensor/reflectionPad2d.js';
import { checkPictureSize, type Picture } from './picture.js';

/**
 * A picture made wider at the right and higher at the bottom: mirrored about its edge, which is not repeated, or, where a side
 * is too short to mirror that much, its outermost pixels again and again. Alpha is left out.
 *
 * @throws ImageError `ERR_IMAGE_SIZE` where that makes too many pixels.
 * @see torch.nn.functional.pad, modes `reflect` and `replicate`
 */
export function extend(
  picture: Picture,
  { width, height }: { readonly width: number; readonly height: number },
): Picture {
  if (width === picture.width && height === picture.height) return picture;
  checkPictureSize(width, height, 'A padded picture');
  const columns = sources(picture.width, width);
  const rows = sources(picture.height, height);
  const out = new Uint8Array(width * height * 3);
  const line = picture.width * 3;
  for (let y = 0; y < height; y++) {
    const from = rows[y] * line;
    const to = y * width * 3;
    out.set(picture.data.subarray(from, from + line), to);
    for (let x = picture.width; x < width; x++) {
      const pixel = from + columns[x] * 3;
      out.set(picture.data.subarray(pixel, pixel + 3), to + x * 3);
    }
  }
  return { width, height, data: out };
}

/** Which of `size` positions stands at each of `extended`. */
function sources(size: number, extended: number): number[] {
  const mirrors = extended - size < size;
  return Array.from({ length: extended }, (_, i) =>
    mirrors ? reflectIndex(i, size) : Math.min(i, size - 1),
  );
}
