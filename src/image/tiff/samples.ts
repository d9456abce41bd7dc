import type { TiffLayout } from './tiffLayout.js';

/**
 * Samples of a row as bytes: of 16 bits the high one; shades of less than 8 stretched to 255, indices of a palette as they are.
 * Signed numbers, and those of 32 bits, are cut off at 0 and 255 and not scaled, as Pillow's are.
 */
export function bytesOfSamples(
  line: Uint8Array,
  count: number,
  isHighFirst: boolean,
  { bits, sampleFormat, colours }: TiffLayout,
): Uint8Array {
  if (bits === 8) return line;
  const out = new Uint8ClampedArray(count);
  const bytes = new Uint8Array(out.buffer);
  if (bits === 16 && sampleFormat === 'unsigned') {
    for (let i = 0, at = isHighFirst ? 0 : 1; i < count; i++, at += 2) bytes[i] = line[at];
    return bytes;
  }
  if (bits < 16) {
    const scale = colours === 'palette' ? 1 : 255 / (2 ** Math.min(bits, 8) - 1);
    for (let i = 0; i < count; i++) bytes[i] = highBits(line, i * bits, bits) * scale;
    return bytes;
  }
  const view = new DataView(line.buffer, line.byteOffset, line.byteLength);
  const little = !isHighFirst;
  for (let i = 0; i < count; i++) {
    if (sampleFormat === 'float') out[i] = Math.trunc(view.getFloat32(4 * i, little));
    else if (bits === 16) out[i] = view.getInt16(2 * i, little);
    else if (sampleFormat === 'signed') out[i] = view.getInt32(4 * i, little);
    else out[i] = view.getUint32(4 * i, little);
  }
  return bytes;
}

/** The upper 8 of some bits, or all of less, from a place on. */
function highBits(line: Uint8Array, at: number, bits: number): number {
  const two = (line[at >> 3] << 8) | (line[(at >> 3) + 1] ?? 0);
  const wanted = Math.min(bits, 8);
  return (two >> (16 - wanted - (at & 7))) & ((1 << wanted) - 1);
}
