import { chooseConversion } from './colour.js';
import { BitReader } from './huffman.js';
import { reconstructPlane } from './idct.js';
import { MarkerReader } from './markers.js';
import { allocate, refuse } from './refuse.js';
import { decodeScan } from './scan.js';
import { createRowReader } from './upsample.js';

/**
 * Decodes a baseline or progressive JPEG file to RGB, byte for byte as libjpeg-turbo 2.1 does by
 * default and Pillow's `convert("RGB")` after it. EXIF orientation and ICC profiles are not
 * applied. Anything that cannot be decoded completely is refused with an `ImageError`.
 *
 * One known difference: libjpeg smooths the blocks of a progressive file whose last refinements
 * were left out, which no encoder does by itself; here they are shown as they are.
 */
export function decodeJpeg(bytes: Uint8Array): { width: number; height: number; data: Uint8Array } {
  const markers = new MarkerReader(bytes);
  const reader = allocate(() => new BitReader(bytes.length), 0);
  for (let scan = markers.nextScan(); scan !== undefined; scan = markers.nextScan()) {
    const { frame, position } = markers;
    if (frame !== undefined) markers.position = decodeScan(bytes, position, frame, scan, reader);
  }
  const { frame } = markers;
  if (frame === undefined) {
    refuse('ERR_JPEG_CORRUPT', 'the file holds no picture', markers.position);
  }
  const missing = frame.components.find(({ missingBits }) => missingBits[0] < 0);
  if (missing !== undefined) {
    refuse('ERR_JPEG_TRUNCATED', `component ${missing.id} has no data`, markers.position);
  }

  const { width, height } = frame;
  const convertRow = chooseConversion(frame, markers);
  const readers = frame.components.map((component) =>
    createRowReader(frame, component, reconstructPlane(frame, component)),
  );
  const out = allocate(() => new Uint8ClampedArray(width * height * 3), frame.offset);
  for (let y = 0; y < height; y++) {
    const rows = readers.map((read) => read(y).subarray(0, width));
    convertRow(rows, out, y * width * 3);
  }
  return { width, height, data: new Uint8Array(out.buffer) };
}
