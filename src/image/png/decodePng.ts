import type { NoteOptions } from '../note.js';
import { fullPalette } from '../palette.js';
import { checkPictureSize, type Picture } from '../picture.js';
import { type BeginRows, putRows, RowCollector } from '../rows.js';
import { expandAlphaRow } from './alpha.js';
import { walkChunks } from './chunks.js';
import { Damage } from './damage.js';
import { inflateLines } from './lines.js';
import { type PngParts, readParts } from './parts.js';
import { expandRow, largestIndex } from './pixels.js';
import { type Pass, passesOf, unfilter } from './scanlines.js';

/**
 * Decodes a PNG of any colour type, depth and interlacing to RGB, as Pillow's `convert("RGB")` does:
 * gamma is left out, 16 bits give their high byte, and alpha and transparent colours are kept apart if asked for.
 *
 * Chunk sizes, checksums and the inflated size are checked against the header before pixels are made
 * of anything: the pixel data are inflated no further than the picture needs.
 *
 * What Pillow 9.4 reads of a damaged file is read and noted: docs/pictures.md lists where the two differ.
 *
 * @throws ImageError when the file is damaged beyond that, or at all with `strict`, or its size is absurd.
 * @see ISO/IEC 15948 (PNG)
 */
export function decodePng(bytes: Uint8Array, options: PngOptions = {}): Picture {
  const rows = new RowCollector();
  decodePngRows(bytes, options, rows.begin);
  return rows.picture;
}

/**
 * The same row by row. Besides the file, its inflated rows are held, of an interlaced one its pixels, too: whether the compressed data
 * are sound is known at their end. Where a row has an unknown filter, those above may have come before.
 */
export function decodePngRows(bytes: Uint8Array, options: PngOptions, begin: BeginRows): void {
  const damage = new Damage(options);
  const parts = readParts(bytes, damage);
  const { header } = parts;
  checkPictureSize(header.width, header.height, 'A PNG');
  const passes = passesOf(header);
  const lines = inflateLines(parts, passes, damage);
  const decode = header.interlaced ? decodeInterlaced : decodeLines;
  const largest = decode({ parts, passes, lines, hasAlpha: options.alpha === true }, begin);
  const colours = parts.palette.length / 3;
  if (header.colour === 'palette' && largest >= colours) {
    const what = `uses colour ${largest} of a palette of ${colours}; beyond it, colours are grey`;
    damage.note('ERR_PNG_DATA', what);
  }
}

interface PngOptions extends NoteOptions {
  readonly alpha?: boolean;
}

interface PngLines {
  readonly parts: PngParts;
  readonly passes: readonly Pass[];
  /** The filtered rows of all passes. */
  readonly lines: Uint8Array;
  readonly hasAlpha: boolean;
}

/** @returns The largest index of a colour. */
function decodeLines(png: PngLines, begin: BeginRows): number {
  const { width, height } = png.parts.header;
  const put = begin({ width, height, hasAlpha: png.hasAlpha });
  const rgb = new Uint8Array(width * 3);
  const alpha = png.hasAlpha ? new Uint8Array(width) : undefined;
  return walkLines(
    png,
    rgb,
    alpha,
    () => 0,
    () => put(rgb, alpha),
  );
}

/** Rows of a pass lie all over the picture. */
function decodeInterlaced(png: PngLines, begin: BeginRows): number {
  const { width, height } = png.parts.header;
  const data = new Uint8Array(width * height * 3);
  const alpha = png.hasAlpha ? new Uint8Array(width * height) : undefined;
  const placeOf = ({ left, top, stepY }: Pass, row: number) => (top + row * stepY) * width + left;
  const largest = walkLines(png, data, alpha, placeOf, () => undefined);
  putRows(alpha === undefined ? { width, height, data } : { width, height, data, alpha }, begin);
  return largest;
}

/**
 * Expands line by line.
 * @param placeOf The pixel at which a row of a pass begins.
 * @returns The largest index of a colour.
 */
function walkLines(
  { parts, passes, lines }: PngLines,
  data: Uint8Array,
  alpha: Uint8Array | undefined,
  placeOf: (pass: Pass, row: number) => number,
  rowDone: () => void,
): number {
  const { header, transparency } = parts;
  const palette = fullPalette(parts.palette);
  let largest = 0;
  let at = 0;
  for (const pass of passes) {
    for (let row = 0; row < pass.height; row++, at += 1 + pass.rowBytes) {
      unfilter(lines, at, row, pass.rowBytes, header.pixelBytes);
      const line = lines.subarray(at + 1, at + 1 + pass.rowBytes);
      const to = placeOf(pass, row);
      largest = Math.max(largest, largestIndex(line, pass.width, header));
      expandRow(line, pass.width, header, palette, data, to * 3, pass.stepX * 3);
      if (alpha !== undefined) {
        expandAlphaRow(line, pass.width, header, transparency, alpha, to, pass.stepX);
      }
      rowDone();
    }
  }
  return largest;
}

/** Width and height from the first bytes of a file; `null` when they do not reach so far. */
export function pngSize(bytes: Uint8Array): { width: number; height: number } | null {
  for (const { type, content } of walkChunks(bytes)) {
    if (type !== 'IHDR') continue;
    if (content.length < 8) return null;
    const view = new DataView(content.buffer, content.byteOffset);
    return { width: view.getUint32(0), height: view.getUint32(4) };
  }
  return null;
}
