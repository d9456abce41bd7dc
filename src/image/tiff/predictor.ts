import type { TiffLayout } from './tiffLayout.js';

/** The rows of a strip or tile. */
export interface Rows {
  readonly bytes: Uint8Array;
  readonly rowBytes: number;
  readonly height: number;
  /** Samples of a pixel: one where planes are apart. */
  readonly samples: number;
}

/**
 * Undoes, in place, what made rows easier to compress.
 * @returns Whether samples have their highest byte first.
 * @see TIFF 6.0, section 14; Adobe Photoshop TIFF Technical Note 3
 */
export function undoPrediction({ predictor, bits, little }: TiffLayout, rows: Rows): boolean {
  if (predictor === 'none') return !little;
  for (let row = 0; row < rows.height; row++) {
    const line = rows.bytes.subarray(row * rows.rowBytes, (row + 1) * rows.rowBytes);
    if (predictor === 'float') gatherFloats(line, rows.samples);
    else if (bits === 8) addBytes(line, rows.samples);
    else addNumbers(line, rows.samples, bits / 8, little);
  }
  return predictor === 'float' || !little;
}

function addBytes(line: Uint8Array, step: number): void {
  for (let i = step; i < line.length; i++) line[i] += line[i - step];
}

/** Numbers of 2 or 4 bytes. */
function addNumbers(line: Uint8Array, step: number, size: number, little: boolean): void {
  const view = new DataView(line.buffer, line.byteOffset, line.byteLength);
  for (let at = step * size; at + size <= line.length; at += size) {
    const before = at - step * size;
    if (size === 2) {
      view.setUint16(at, view.getUint16(at, little) + view.getUint16(before, little), little);
    } else {
      view.setUint32(at, view.getUint32(at, little) + view.getUint32(before, little), little);
    }
  }
}

/** The highest bytes of all numbers come first, then the next, each as its difference; numbers get their own together. */
function gatherFloats(line: Uint8Array, step: number): void {
  addBytes(line, step);
  const count = line.length >> 2;
  const spread = line.slice();
  for (let i = 0; i < count; i++) {
    for (let byte = 0; byte < 4; byte++) line[4 * i + byte] = spread[byte * count + i];
  }
}
