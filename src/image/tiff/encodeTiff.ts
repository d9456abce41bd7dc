import { concatenate } from '../../platform/concatenate.js';
import { deflate } from '../../platform/deflate.js';
import type { Picture } from '../picture.js';

/** Of a strip before it is compressed, about. */
const STRIP_BYTES = 1 << 18;
const [SHORT, LONG] = [3, 4];

/**
 * The file of an RGB picture, or RGBA where it has alpha (not multiplied into the colours), eight bits per sample: strips
 * compressed by deflate, of the differences of pixels from their left neighbours.
 * @see TIFF 6.0, sections 3 and 14; Adobe Photoshop TIFF Technical Note 2 (deflate)
 */
export function encodeTiff({ width, height, data, alpha }: Picture): Uint8Array {
  const samples = alpha === undefined ? 3 : 4;
  const rows = Math.max(1, Math.floor(STRIP_BYTES / (width * samples)));
  const strips: Uint8Array[] = [];
  for (let top = 0; top < height; top += rows) {
    const count = Math.min(rows, height - top);
    strips.push(deflate(differences(data, alpha, width, top, count)));
  }
  const parts: (readonly [tag: number, type: number, values: readonly number[]])[] = [
    [256, LONG, [width]],
    [257, LONG, [height]],
    [258, SHORT, Array.from({ length: samples }, () => 8)],
    [259, SHORT, [8]], // deflate
    [262, SHORT, [2]], // RGB
    [273, LONG, offsetsOf(strips)],
    [277, SHORT, [samples]],
    [278, LONG, [Math.min(rows, height)]],
    [279, LONG, strips.map(({ length }) => length)],
    [284, SHORT, [1]], // samples of a pixel together
    [317, SHORT, [2]], // differences
  ];
  if (alpha !== undefined) parts.push([338, SHORT, [2]]);
  const begin = 8 + strips.reduce((sum, { length }) => sum + even(length), 0);
  return concatenate([header(begin), ...strips.map(padded), directory(parts, begin)]);
}

function even(length: number): number {
  return length + (length & 1);
}

/** Strips stand right behind the header, each at an even offset. */
function offsetsOf(strips: readonly Uint8Array[]): number[] {
  let at = 8;
  return strips.map(({ length }) => {
    const offset = at;
    at += even(length);
    return offset;
  });
}

function padded(strip: Uint8Array): Uint8Array {
  if (strip.length % 2 === 0) return strip;
  const out = new Uint8Array(strip.length + 1);
  out.set(strip);
  return out;
}

function header(directoryAt: number): Uint8Array {
  const out = Uint8Array.of(0x49, 0x49, 42, 0, 0, 0, 0, 0);
  new DataView(out.buffer).setUint32(4, directoryAt, true);
  return out;
}

/** Values of more than four bytes come behind the directory. */
function directory(
  parts: readonly (readonly [tag: number, type: number, values: readonly number[]])[],
  at: number,
): Uint8Array {
  const sizeOf = (type: number, count: number) => (type === SHORT ? 2 : 4) * count;
  const fixed = 2 + 12 * parts.length + 4;
  const extra = parts.reduce((sum, [, type, values]) => {
    const size = sizeOf(type, values.length);
    return sum + (size > 4 ? size : 0);
  }, 0);
  const out = new Uint8Array(fixed + extra);
  const view = new DataView(out.buffer);
  view.setUint16(0, parts.length, true);
  let free = fixed;
  for (const [i, [tag, type, values]] of parts.entries()) {
    const entry = 2 + 12 * i;
    const size = sizeOf(type, values.length);
    view.setUint16(entry, tag, true);
    view.setUint16(entry + 2, type, true);
    view.setUint32(entry + 4, values.length, true);
    let to = entry + 8;
    if (size > 4) {
      view.setUint32(to, at + free, true);
      to = free;
      free += size;
    }
    for (const value of values) {
      if (type === SHORT) view.setUint16(to, value, true);
      else view.setUint32(to, value, true);
      to += type === SHORT ? 2 : 4;
    }
  }
  return out;
}

/** Some rows, each pixel less the one before it. */
function differences(
  data: Uint8Array,
  alpha: Uint8Array | undefined,
  width: number,
  top: number,
  rows: number,
): Uint8Array {
  const samples = alpha === undefined ? 3 : 4;
  const out = new Uint8Array(rows * width * samples);
  const pixel = [0, 0, 0, 0];
  for (let at = top * width, to = 0; to < out.length; at++) {
    if (at % width === 0) pixel.fill(0);
    for (let part = 0; part < samples; part++) {
      const value = part < 3 || alpha === undefined ? data[3 * at + part] : alpha[at];
      out[to++] = value - pixel[part];
      pixel[part] = value;
    }
  }
  return out;
}
