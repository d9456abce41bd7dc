import { checkOptions } from '../../tensor/callerValues.js';
import { describeValue } from '../describe.js';
import { checkPictureSize, ImageError, type Picture } from '../picture.js';
import { checkPicture, type PictureInput } from '../pictureInput.js';
import type { Filter, Rows } from './filter.js';
import { plainFilter } from './plainFilter.js';
import { simdFilter } from './simdFilter.js';
import { bicubic, filterTaps, type ResizeKernel, triangle } from './taps.js';
import { checkResizeTarget, type ResizeTarget } from './target.js';

/** How a pixel is made of those around it. */
export type Interpolation = 'bilinear' | 'bicubic';

export interface ResizeOptions {
  /** Default: `bilinear`, as torchvision's `Resize`. */
  readonly interpolation?: Interpolation;
}

/**
 * Antialiased resizing, bit for bit that of Pillow: fixed-point weights, horizontal pass first, each pass rounded to bytes,
 * a pass that changes nothing left out.
 *
 * ```ts
 * const { width, height } = resize(256)(await openImage('horse.png')); // of 628 x 512
 * [width, height]; // [314, 256]
 * ```
 *
 * @param target The short side (the long one follows, rounded down), `{ width, height }`, or `{ width }`.
 * @param options `interpolation`: `bilinear`, which is the default, or `bicubic`.
 * @returns A function from picture to picture, as torchvision's transform is; alpha, where there is some, goes along.
 * @throws ImageError `ERR_RESIZE` for another target; the function, `ERR_IMAGE_SIZE` when the result would have no pixels, or
 * too many, and `ERR_PICTURE` for what is no picture.
 * @see torchvision.transforms.Resize; Pillow's `Resample.c`
 */
export function resize(
  target: ResizeTarget,
  options: ResizeOptions = {},
): (picture: PictureInput) => Picture {
  checkOptions('resize', options);
  const { interpolation = 'bilinear' } = options;
  checkResizeTarget(target);
  const kernel = kernelOf(interpolation);
  return (input) => {
    const picture = checkPicture(input, 'resize');
    const { width, height } = resizedSize(picture, target);
    checkPictureSize(width, height, 'A resized picture');
    const filter = simdFilter() ?? plainFilter;
    const resized = resizeWith(filter, picture, width, height, kernel);
    if (picture.alpha === undefined) return resized;
    return { ...resized, alpha: resizePlane(filter, picture, picture.alpha, resized, kernel) };
  };
}

/** @throws ImageError `ERR_RESIZE` for another filter. */
export function kernelOf(interpolation: Interpolation): ResizeKernel {
  if (interpolation === 'bilinear') return triangle;
  if (interpolation === 'bicubic') return bicubic;
  // Not every caller has a compiler that checks.
  throw new ImageError(
    'ERR_RESIZE',
    `resize: interpolation is bilinear or bicubic, but got ${describeValue(interpolation)}.`,
  );
}

/** Both passes, one way or the other; a pass that changes nothing is left out. */
export function resizeWith(
  filter: Filter,
  from: Rows,
  width: number,
  height: number,
  kernel: ResizeKernel = triangle,
): Rows {
  let rows = from;
  if (width !== rows.width) {
    const data = filter.columns(rows, width, filterTaps(rows.width, width, kernel));
    rows = { width, height: rows.height, data };
  }
  if (height !== rows.height) {
    const data = filter.rows(rows, height, filterTaps(rows.height, height, kernel));
    rows = { width, height, data };
  }
  const { data } = rows;
  return { width, height, data };
}

/** Alpha goes the way of a colour. */
function resizePlane(
  filter: Filter,
  from: { readonly width: number; readonly height: number },
  plane: Uint8Array,
  to: { readonly width: number; readonly height: number },
  kernel: ResizeKernel,
): Uint8Array {
  const data = new Uint8Array(3 * plane.length);
  for (let i = 0; i < plane.length; i++) data[3 * i] = plane[i];
  const resized = resizeWith(filter, { ...from, data }, to.width, to.height, kernel);
  return Uint8Array.from({ length: to.width * to.height }, (_, i) => resized.data[3 * i]);
}

/** The size that `resize(target)` gives a picture. */
export function resizedSize(
  { width, height }: { readonly width: number; readonly height: number },
  target: ResizeTarget,
): { width: number; height: number } {
  if (typeof target !== 'number') {
    const following = Math.max(1, Math.floor((target.width * height) / width));
    return { width: target.width, height: target.height ?? following };
  }
  return width <= height
    ? { width: target, height: Math.floor((target * height) / width) }
    : { width: Math.floor((target * width) / height), height: target };
}
