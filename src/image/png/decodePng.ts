import { unzlibSync } from 'fflate';
import type { NoteOptions } from '../note.js';
import { checkPictureSize, ImageError, type Picture } from '../picture.js';
import { expandAlphaRow } from './alpha.js';
import { type PngHeader, readPngChunks } from './chunks.js';
import { expandRow } from './pixels.js';
import { passesOf, unfilter } from './scanlines.js';

/**
 * Decodes a PNG of any colour type, depth and interlacing to RGB, as Pillow's `convert("RGB")` does:
 * gamma is left out, 16 bits give their high byte, and alpha and transparent colours are kept apart if asked for.
 *
 * Chunk sizes, checksums and the inflated size are checked against the header before pixels are made
 * of anything: the pixel data cannot inflate to more than the picture needs.
 *
 * @throws ImageError when the file is damaged or its size is absurd.
 * @see ISO/IEC 15948 (PNG)
 */
export function decodePng(
  bytes: Uint8Array,
  options: NoteOptions & { readonly alpha?: boolean } = {},
): Picture {
  const { header, palette, transparency, data } = readPngChunks(bytes);
  const { width, height } = header;
  checkPictureSize(width, height, 'A PNG');
  checkAgainstFile(header, data.length);
  const passes = passesOf(header);
  const size = passes.reduce((sum, pass) => sum + pass.height * (1 + pass.rowBytes), 0);
  const lines = inflate(data, size);
  const out = new Uint8Array(width * height * 3);
  const alpha = options.alpha ? new Uint8Array(width * height) : null;
  let at = 0;
  for (const pass of passes) {
    unfilter(lines, at, pass.height, pass.rowBytes, header.pixelBytes);
    for (let row = 0; row < pass.height; row++) {
      const line = lines.subarray(at + 1, at + 1 + pass.rowBytes);
      const to = (pass.top + row * pass.stepY) * width + pass.left;
      expandRow(line, pass.width, header, palette, out, to * 3, pass.stepX * 3);
      if (alpha !== null) {
        expandAlphaRow(line, pass.width, header, transparency, alpha, to, pass.stepX);
      }
      at += 1 + pass.rowBytes;
    }
  }
  return alpha === null ? { width, height, data: out } : { width, height, data: out, alpha };
}

/** Width and height from the first bytes of a file; `null` when they do not reach so far. */
export function pngSize(bytes: Uint8Array): { width: number; height: number } | null {
  if (bytes.length < 24) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

/** Deflate cannot pack more than 1032 to 1, so a short file with a huge header ends here. */
function checkAgainstFile({ width, height, bitsPerPixel }: PngHeader, packed: number): void {
  const least = (height * width * bitsPerPixel) / 8 / 1032;
  if (packed < least - 64) {
    throw new ImageError(
      'ERR_PNG_SHORT',
      `The PNG says ${width} x ${height} pixels, but its ${packed} bytes of data cannot hold them.`,
    );
  }
}

function inflate(data: Uint8Array, size: number): Uint8Array {
  // One byte more than needed: data that fills it would inflate to more than the picture.
  let lines: Uint8Array;
  try {
    lines = unzlibSync(data, { out: new Uint8Array(size + 1) });
  } catch (cause) {
    throw new ImageError('ERR_PNG_DATA', 'The compressed pixel data of the PNG is damaged.', {
      cause,
    });
  }
  if (lines.length < size) {
    throw new ImageError(
      'ERR_PNG_SHORT',
      `The PNG is cut short: its pixel data has ${lines.length} of ${size} bytes.`,
    );
  }
  return lines;
}
