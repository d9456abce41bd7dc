import type { NoteOptions } from '../note.js';
import { BitReader } from './bitReader.js';
import { chooseConversion } from './colour.js';
import { type Frame, MarkerReader } from './markers.js';
import { Painter } from './painter.js';
import { reconstructRow } from './progressive.js';
import { allocate, refuse } from './refuse.js';
import { decodeScan } from './scan.js';

/**
 * Decodes a baseline or progressive JPEG file to RGB, byte for byte as libjpeg-turbo 2.1 does by
 * default and Pillow's `convert("RGB")` after it. EXIF orientation and ICC profiles are not
 * applied. Anything that cannot be decoded completely is refused with an `ImageError`.
 *
 * One known difference: libjpeg smooths the blocks of a progressive file whose last refinements
 * were left out, which no encoder does by itself; here they are shown as they are.
 */
export function decodeJpeg(
  bytes: Uint8Array,
  _options: NoteOptions = {},
): { width: number; height: number; data: Uint8Array } {
  const markers = new MarkerReader(bytes);
  const reader = allocate(() => new BitReader(bytes.length), 0);
  let painter: Painter | undefined;
  for (let scan = markers.nextScan(); scan !== undefined; scan = markers.nextScan()) {
    const { frame, position } = markers;
    if (frame === undefined) break;
    painter ??= new Painter(frame, chooseConversion(frame, markers));
    const paint = painter.paint.bind(painter);
    markers.position = decodeScan(bytes, position, frame, scan, reader, paint);
  }
  const { frame } = markers;
  if (frame === undefined || painter === undefined) {
    refuse('ERR_JPEG_CORRUPT', 'the file holds no picture', markers.position);
  }
  const missing = frame.components.find(({ missingBits }) => missingBits[0] < 0);
  if (missing !== undefined) {
    refuse('ERR_JPEG_TRUNCATED', `component ${missing.id} has no data`, markers.position);
  }
  if (frame.progressive) reconstruct(frame, painter);
  const { width, height } = frame;
  return { width, height, data: painter.data };
}

/** From all coefficients to the picture, a row of MCUs at a time. */
function reconstruct(frame: Frame, painter: Painter): void {
  for (let row = 0; row < frame.mcusDown; row++) {
    for (const component of frame.components) {
      const end = Math.min((row + 1) * component.v, component.blocksDown);
      for (let y = row * component.v; y < end; y++) reconstructRow(component, y);
      component.rowsReady = end * 8;
    }
    painter.paint();
  }
}
