import type { NoteOptions } from '../note.js';
import { fullPalette } from '../palette.js';
import { checkPictureSize, type Picture } from '../picture.js';
import { expandAlphaRow } from './alpha.js';
import { walkChunks } from './chunks.js';
import { Damage } from './damage.js';
import { inflateLines } from './lines.js';
import { readParts } from './parts.js';
import { expandRow, largestIndex } from './pixels.js';
import { passesOf, unfilter } from './scanlines.js';

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
export function decodePng(
  bytes: Uint8Array,
  options: NoteOptions & { readonly alpha?: boolean } = {},
): Picture {
  const damage = new Damage(options);
  const parts = readParts(bytes, damage);
  const { header, transparency } = parts;
  const { width, height } = header;
  checkPictureSize(width, height, 'A PNG');
  const passes = passesOf(header);
  const lines = inflateLines(parts, passes, damage);
  const palette = fullPalette(parts.palette);
  let largest = 0;
  const out = new Uint8Array(width * height * 3);
  const alpha = options.alpha ? new Uint8Array(width * height) : null;
  let at = 0;
  for (const pass of passes) {
    unfilter(lines, at, pass.height, pass.rowBytes, header.pixelBytes);
    for (let row = 0; row < pass.height; row++) {
      const line = lines.subarray(at + 1, at + 1 + pass.rowBytes);
      const to = (pass.top + row * pass.stepY) * width + pass.left;
      largest = Math.max(largest, largestIndex(line, pass.width, header));
      expandRow(line, pass.width, header, palette, out, to * 3, pass.stepX * 3);
      if (alpha !== null) {
        expandAlphaRow(line, pass.width, header, transparency, alpha, to, pass.stepX);
      }
      at += 1 + pass.rowBytes;
    }
  }
  const colours = parts.palette.length / 3;
  if (header.colour === 'palette' && largest >= colours) {
    const what = `uses colour ${largest} of a palette of ${colours}; beyond it, colours are grey`;
    damage.note('ERR_PNG_DATA', what);
  }
  return alpha === null ? { width, height, data: out } : { width, height, data: out, alpha };
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
