import { checkPictureSize, ImageError, type Picture } from './picture.js';

/**
 * The short side, as torchvision's `Resize(256)`; both sides exactly; or the width alone, with the height following
 * (`scale_width` of the CycleGAN authors).
 */
export type ResizeTarget = number | { readonly width: number; readonly height?: number };

/** Fixed-point weights, as Pillow has them: 8 bits a channel leave 22 for the weight in 32. */
const PRECISION_BITS = 22;

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

/** How a line of pixels is made of others: each is a weighted sum of pixels that lie `step` apart. */
interface Line {
  /** By pixel: where its first input pixel lies, from where the line begins. */
  readonly offset: Int32Array;
  /** By pixel: which weights are its own. */
  readonly start: Int32Array;
  readonly end: Int32Array;
  readonly weights: Int32Array;
  readonly step: number;
}

function resizeColumns(picture: Picture, width: number): Picture {
  if (width === picture.width) return picture;
  const { height, data } = picture;
  const { first, count, weights, most } = triangleTaps(picture.width, width);
  const line: Line = {
    offset: first.map((x) => x * 3),
    start: first.map((_, x) => x * most),
    end: count.map((taps, x) => x * most + taps),
    weights,
    step: 3,
  };
  const stride = picture.width * 3;
  const out = new Uint8Array(width * height * 3);
  const filter = createFilter(data, line, out);
  for (let y = 0; y < height; y++) filter(y * stride, (y + 1) * stride, y * width * 3);
  return { width, height, data: out };
}

function resizeRows(picture: Picture, height: number): Picture {
  if (height === picture.height) return picture;
  const { width, data } = picture;
  const { first, count, weights, most } = triangleTaps(picture.height, height);
  const stride = width * 3;
  const line: Line = {
    offset: new Int32Array(width).map((_, x) => x * 3),
    start: new Int32Array(width),
    end: new Int32Array(width),
    weights,
    step: stride,
  };
  const out = new Uint8Array(stride * height);
  const filter = createFilter(data, line, out);
  for (let y = 0; y < height; y++) {
    // All pixels of a row have the same weights.
    line.start.fill(y * most);
    line.end.fill(y * most + count[y]);
    filter(first[y] * stride, (first[y] + count[y]) * stride, y * stride);
  }
  return { width, height, data: out };
}

/** Gives a function that makes the line at `to` of `out` from the bytes of `data` in `from..end`. */
function createFilter(data: Uint8Array, line: Line, out: Uint8Array) {
  const pixels = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return (from: number, end: number, to: number): void => {
    if (end < data.length) {
      filterLine(pixels, from, line, out, to);
      return;
    }
    // `filterLine` reads a byte behind each pixel; behind the last one of all there is none.
    const tail = new Uint8Array(end - from + 1);
    tail.set(data.subarray(from, end));
    filterLine(new DataView(tail.buffer), 0, line, out, to);
  };
}

/**
 * The inner loop of both passes. It takes a pixel, and the byte behind it, with one read: three of
 * them, each with its bounds check, take a third longer. Weights are not negative and add up to 1,
 * so the results are bytes. `| 0` says that a place is a 32-bit integer, which the compiler does not
 * find out by itself.
 */
function filterLine(
  pixels: DataView,
  from: number,
  { offset, start, end, weights, step }: Line,
  out: Uint8Array,
  to: number,
): void {
  const half = 1 << (PRECISION_BITS - 1);
  const bits = PRECISION_BITS;
  const width = offset.length;
  for (let x = 0; x < width; x++, to += 3) {
    let red = half;
    let green = half;
    let blue = half;
    let at = (from + offset[x]) | 0;
    const last = end[x];
    for (let k = start[x]; k < last; k++, at = (at + step) | 0) {
      const weight = weights[k];
      const pixel = pixels.getUint32(at, true);
      red = (red + Math.imul(pixel & 255, weight)) | 0;
      green = (green + Math.imul((pixel >>> 8) & 255, weight)) | 0;
      blue = (blue + Math.imul((pixel >>> 16) & 255, weight)) | 0;
    }
    out[to] = red >> bits;
    out[to + 1] = green >> bits;
    out[to + 2] = blue >> bits;
  }
}
