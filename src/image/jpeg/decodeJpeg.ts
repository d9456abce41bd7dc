import type { RandomBytes } from '../../platform/randomBytes.js';
import type { NoteOptions } from '../note.js';
import type { Picture } from '../picture.js';
import { type BeginRows, RowCollector } from '../rows.js';
import { decodeArithmeticScan } from './arithmeticScan.js';
import { BitReader } from './bitReader.js';
import { chooseConversion } from './colour.js';
import { DamageLog } from './damage.js';
import { allocateBlocks, checkAgainstFile, coefficientBytes, type Frame } from './frame.js';
import { JpegBytes } from './jpegBytes.js';
import { MarkerReader } from './markers.js';
import { Painter } from './painter.js';
import { reconstructRows } from './reconstruct.js';
import { refuse } from './refuse.js';
import { decodeScan, isOdd, type ScanSource } from './scan.js';
import type { Scan } from './scanHeader.js';
import { needsSmoothing } from './smoothing.js';
import { readTrailer } from './trailer.js';

/**
 * Decodes a baseline, progressive or arithmetic-coded JPEG file to RGB, byte for byte as Pillow 9.4 with libjpeg-turbo 2.1 does by default, and
 * its `convert("RGB")` after it. EXIF orientation and ICC profiles are not applied. Damage that Pillow reads over is noted;
 * docs/pictures.md lists it.
 * @throws ImageError for what Pillow refuses, for damage with `strict`, and for what is not supported.
 */
export function decodeJpeg(bytes: Uint8Array, options: NoteOptions = {}): Picture {
  const rows = new RowCollector();
  decodeJpegRows(bytes, options, rows.begin);
  return rows.picture;
}

/**
 * The same row by row. A row of MCUs is held of a baseline picture; of one with several scans, or that is
 * arithmetic-coded, all coefficients, two bytes for each sample. Where the file is refused after all, rows may have come before.
 */
export function decodeJpegRows(
  file: Uint8Array | RandomBytes,
  options: JpegOptions,
  begin: BeginRows,
): void {
  const bytes = new JpegBytes(file);
  const damage = new DamageLog(options);
  const markers = new MarkerReader(bytes, damage);
  const { cursor } = markers;
  const { frame, scan } = firstScan(markers);
  const reader = new BitReader(options.heldBytes);
  reader.load(bytes, cursor.position);
  const toSamples = scan.isOnly && !frame.arithmetic && !isOdd(reader, frame, scan);
  allocateBlocks(frame, !toSamples, bytes.length);
  const source = { cursor, reader, damage };
  const painter = new Painter(frame, chooseConversion(frame, markers), begin);
  if (toSamples) {
    decodeScan(source, frame, scan, painter.paint.bind(painter));
    readTrailer(markers, damage);
  } else {
    const lastGoodRow = decodeScans(markers, source, frame, scan);
    reconstruct(frame, painter, lastGoodRow, damage);
  }
}

function firstScan(markers: MarkerReader): { frame: Frame; scan: Scan } {
  const scan = markers.nextScan();
  const { frame, cursor } = markers;
  if (scan !== undefined && frame !== undefined) return { frame, scan };
  refuse('ERR_JPEG_CORRUPT', 'the file holds no picture', cursor.position);
}

/**
 * Bytes of coefficients that are held while a file is decoded: none of a baseline picture of one scan, unless its data are damaged.
 * @throws ImageError as `decodeJpeg`, of what comes before the data.
 */
export function jpegHeldBytes(file: Uint8Array | RandomBytes): number {
  const { frame, scan } = firstScan(new MarkerReader(new JpegBytes(file), new DamageLog({})));
  checkAgainstFile(frame, file.length);
  return scan.isOnly && !frame.arithmetic ? 0 : coefficientBytes(frame);
}

interface JpegOptions extends NoteOptions {
  /** So many bytes of the entropy-coded data are held at a time. */
  readonly heldBytes?: number;
}

/** One scan, to coefficients. */
function decodeAny(source: ScanSource, frame: Frame, scan: Scan): number {
  return frame.arithmetic
    ? decodeArithmeticScan(source, frame, scan)
    : decodeScan(source, frame, scan);
}

/** All scans, to coefficients; returns the last row of MCUs for which the last of them had data. */
function decodeScans(markers: MarkerReader, source: ScanSource, frame: Frame, first: Scan): number {
  if (first.isOnly) {
    decodeAny(source, frame, first);
    readTrailer(markers, source.damage);
    return 0;
  }
  let lastGoodRow = 0;
  for (let scan: Scan | undefined = first; scan !== undefined; scan = markers.nextScan()) {
    lastGoodRow = decodeAny(source, frame, scan);
  }
  // Before the only scan nothing was known; libjpeg keeps that apart from what its `formerBits` say.
  if (markers.scanCount === 1) for (const { formerBits } of frame.components) formerBits.fill(-1);
  return lastGoodRow;
}

/** From all coefficients to the picture, a row of MCUs at a time. */
function reconstruct(frame: Frame, painter: Painter, lastGoodRow: number, damage: DamageLog): void {
  const smoothed = needsSmoothing(frame);
  for (const component of frame.components) {
    if (component.quantization.length === 0) {
      damage.note('noData', frame.offset);
      component.quantization = new Int32Array(64);
    } else if (component.missingBits.some((bits) => bits !== 0)) {
      damage.note('unfinished', frame.offset);
    }
  }
  for (let row = 0; row < frame.mcusDown; row++) {
    reconstructRows(frame, row, smoothed ? lastGoodRow : undefined);
    painter.paint();
  }
}
