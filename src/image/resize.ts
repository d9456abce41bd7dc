import { checkPictureSize, ImageError, type Picture } from './picture.js';

/**
 * The short side, as torchvision's `Resize(256)`; both sides exactly; or the width alone, with the height following
 * (`scale_width` of the CycleGAN authors).
 */
export type ResizeTarget = number | { readonly width: number; readonly height?: number };

/** Fixed-point weights, as Pillow has them: 8 bits a channel leave 22 for the weight in 32. */
const PRECISION_BITS = 22;
const HALF = 1 << (PRECISION_BITS - 1);

/**
 * Bilinear, antialiased resizing, bit for bit that of Pillow: fixed-point weights, horizontal pass
 * first, each pass rounded to bytes, a pass that changes nothing left out.
 *
 * @param target The short side (the long one follows, rounded down), `{ width, height }`, or `{ width }`.
 * @returns A function from picture to picture, as torchvision's transform is.
 * @throws ImageError when the result would have no pixels, or too many.
 * @see torchvision.transforms.Resize; Pillow's `Resample.c`
 */
export function resize(target: ResizeTarget): (picture: Picture) => Picture {
  const sides =
    typeof target === 'number' ? [target] : [target.width, target.height ?? target.width];
  if (!sides.every((side) => Number.isInteger(side) && side >= 1)) {
    throw new ImageError(
      'ERR_RESIZE',
      `resize: sides must be whole numbers from 1 up, but got ${sides.join(' x ')}.`,
    );
  }
  return (picture) => {
    const { width, height } = resizedSize(picture, target);
    checkPictureSize(width, height, 'A resized picture');
    const resized = resizeRows(resizeColumns(picture, width), height);
    if (picture.alpha === undefined) return resized;
    return { ...resized, alpha: resizePlane(picture.alpha, picture, { width, height }) };
  };
}

/** Alpha goes the way of a colour. */
function resizePlane(
  plane: Uint8Array,
  from: { readonly width: number; readonly height: number },
  to: { readonly width: number; readonly height: number },
): Uint8Array {
  const data = new Uint8Array(3 * plane.length);
  for (let i = 0; i < plane.length; i++) data[3 * i] = plane[i];
  const picture = { width: from.width, height: from.height, data };
  const resized = resizeRows(resizeColumns(picture, to.width), to.height);
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

interface Taps {
  /** For each output position, its first input position and how many it reads. */
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** `most` weights an output position. */
  readonly weights: Int32Array;
  readonly most: number;
}

/** The triangle filter, as wide as the reduction. */
function triangleTaps(inSize: number, outSize: number): Taps {
  const scale = inSize / outSize;
  const support = Math.max(scale, 1);
  const most = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(outSize);
  const count = new Int32Array(outSize);
  const weights = new Int32Array(outSize * most);
  const raw = new Float64Array(most);
  for (let out = 0; out < outSize; out++) {
    const centre = (out + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(inSize, Math.trunc(centre + support + 0.5));
    let sum = 0;
    for (let i = start; i < end; i++) {
      const weight = Math.max(0, 1 - Math.abs((i - centre + 0.5) * (1 / support)));
      raw[i - start] = weight;
      sum += weight;
    }
    first[out] = start;
    count[out] = end - start;
    for (let i = 0; i < end - start; i++) {
      const weight = sum === 0 ? raw[i] : raw[i] * (1 / sum);
      weights[out * most + i] = Math.trunc(0.5 + weight * (1 << PRECISION_BITS));
    }
  }
  return { first, count, weights, most };
}

function resizeColumns(picture: Picture, width: number): Picture {
  if (width === picture.width) return picture;
  const { height, data } = picture;
  const out = new Uint8Array(width * height * 3);
  const taps = triangleTaps(picture.width, width);
  for (let y = 0; y < height; y++) {
    filterRow(data, y * picture.width * 3, taps, out, y * width * 3, width);
  }
  return { width, height, data: out };
}

function filterRow(
  data: Uint8Array,
  from: number,
  { first, count, weights, most }: Taps,
  out: Uint8Array,
  to: number,
  width: number,
): void {
  for (let x = 0; x < width; x++) {
    let red = HALF;
    let green = HALF;
    let blue = HALF;
    let at = from + first[x] * 3;
    const end = x * most + count[x];
    for (let k = x * most; k < end; k++) {
      const weight = weights[k];
      red = (red + Math.imul(data[at], weight)) | 0;
      green = (green + Math.imul(data[at + 1], weight)) | 0;
      blue = (blue + Math.imul(data[at + 2], weight)) | 0;
      at += 3;
    }
    out[to] = clampByte(red >> PRECISION_BITS);
    out[to + 1] = clampByte(green >> PRECISION_BITS);
    out[to + 2] = clampByte(blue >> PRECISION_BITS);
    to += 3;
  }
}

function resizeRows(picture: Picture, height: number): Picture {
  if (height === picture.height) return picture;
  const { width, data } = picture;
  const stride = width * 3;
  const out = new Uint8Array(stride * height);
  const { first, count, weights, most } = triangleTaps(picture.height, height);
  const sums = new Int32Array(stride);
  for (let y = 0; y < height; y++) {
    // Row by row and not column by column: each input row is read front to back.
    sums.fill(HALF);
    for (let k = 0; k < count[y]; k++) {
      addRow(data, (first[y] + k) * stride, weights[y * most + k], sums);
    }
    for (let i = 0; i < stride; i++) out[y * stride + i] = clampByte(sums[i] >> PRECISION_BITS);
  }
  return { width, height, data: out };
}

function addRow(data: Uint8Array, from: number, weight: number, sums: Int32Array): void {
  for (let i = 0; i < sums.length; i++) sums[i] += Math.imul(data[from + i], weight);
}

function clampByte(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
