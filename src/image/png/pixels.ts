import type { PngHeader } from './header.js';

/** The largest index of a row of a palette picture; 0 for other pictures. */
export function largestIndex(
  line: Uint8Array,
  width: number,
  { colour, depth }: PngHeader,
): number {
  let largest = 0;
  if (colour !== 'palette') return largest;
  for (let x = 0; x < width; x++) largest = Math.max(largest, sampleAt(line, x, depth));
  return largest;
}

/**
 * Writes one unfiltered row as RGB, a pixel every `step` bytes from `to` on.
 * @param palette Of 256 colours.
 */
export function expandRow(
  line: Uint8Array,
  width: number,
  { colour, channels, depth }: PngHeader,
  palette: Uint8Array,
  out: Uint8Array,
  to: number,
  step: number,
): void {
  if (depth < 8) {
    expandPacked(line, width, depth, colour === 'palette' ? palette : null, out, to, step);
    return;
  }
  // Of 16 bits, the first byte is the high one.
  const sample = depth / 8;
  const pixel = channels * sample;
  if (colour === 'palette') {
    for (let x = 0; x < width; x++) copyColour(palette, line[x], out, to + x * step);
  } else if (channels < 3) {
    for (let x = 0; x < width; x++) {
      const grey = line[x * pixel];
      out[to + x * step] = grey;
      out[to + x * step + 1] = grey;
      out[to + x * step + 2] = grey;
    }
  } else {
    for (let x = 0; x < width; x++) {
      const from = x * pixel;
      out[to + x * step] = line[from];
      out[to + x * step + 1] = line[from + sample];
      out[to + x * step + 2] = line[from + 2 * sample];
    }
  }
}

/** Samples of 1, 2 or 4 bits, the first in the high bits; grey is stretched to 0 … 255. */
function expandPacked(
  line: Uint8Array,
  width: number,
  depth: number,
  palette: Uint8Array | null,
  out: Uint8Array,
  to: number,
  step: number,
): void {
  const most = (1 << depth) - 1;
  for (let x = 0; x < width; x++) {
    const bit = x * depth;
    const value = (line[bit >> 3] >> (8 - depth - (bit & 7))) & most;
    if (palette !== null) copyColour(palette, value, out, to + x * step);
    else out.fill((value * 255) / most, to + x * step, to + x * step + 3);
  }
}

function copyColour(palette: Uint8Array, index: number, out: Uint8Array, to: number): void {
  const from = index * 3;
  out[to] = palette[from];
  out[to + 1] = palette[from + 1];
  out[to + 2] = palette[from + 2];
}

/** A sample of 1 to 16 bits; the first stands in the high bits. */
export function sampleAt(line: Uint8Array, index: number, depth: number): number {
  if (depth === 16) return (line[2 * index] << 8) | line[2 * index + 1];
  const bit = index * depth;
  return (line[bit >> 3] >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
}
