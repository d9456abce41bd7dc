import type { RandomBytes } from '../../platform/randomBytes.js';
import type { NoteOptions } from '../note.js';
import { checkPictureSize, type Picture } from '../picture.js';
import { type BeginRows, RowCollector } from '../rows.js';
import { walkChunks } from './chunks.js';
import { Damage } from './damage.js';
import { LinePainter } from './linePainter.js';
import { checkAgainstFile, inflateLines } from './lines.js';
import { readParts } from './parts.js';
import { passesOf } from './scanlines.js';

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
 * The same row by row. Besides the file, few rows are held, of an interlaced one its pixels. Where its data are damaged, rows may have
 * come before.
 */
export function decodePngRows(
  bytes: Uint8Array | RandomBytes,
  options: PngOptions,
  begin: BeginRows,
): void {
  const damage = new Damage(options);
  const parts = readParts(bytes, damage);
  const { header } = parts;
  checkPictureSize(header.width, header.height, 'A PNG');
  const passes = passesOf(header);
  checkAgainstFile(header, parts.data.length, damage);
  const painter = new LinePainter(parts, passes, options.alpha === true, begin);
  inflateLines(parts, passes, damage, (lines) => painter.take(lines), options.wholeBytes);
  painter.end();
  const { largest } = painter;
  const colours = parts.palette.length / 3;
  if (header.colour === 'palette' && largest >= colours) {
    const what = `uses colour ${largest} of a palette of ${colours}; beyond it, colours are grey`;
    damage.note('ERR_PNG_DATA', what);
  }
}

interface PngOptions extends NoteOptions {
  readonly alpha?: boolean;
  /** Rows of so many bytes together are inflated at once. */
  readonly wholeBytes?: number;
}

/** Width and height from the first bytes of a file; `null` when they do not reach so far. */
export function pngSize(bytes: Uint8Array | RandomBytes): { width: number; height: number } | null {
  for (const chunk of walkChunks(bytes)) {
    if (chunk.type !== 'IHDR') continue;
    const { content } = chunk;
    if (content.length < 8) return null;
    const view = new DataView(content.buffer, content.byteOffset);
    return { width: view.getUint32(0), height: view.getUint32(4) };
  }
  return null;
}
