import { coloursOf } from '../palette.js';
import { checkPictureSize, type Picture } from '../picture.js';
import { type BmpHeader, damaged, readBmpHeader } from './bmpHeader.js';
import { directColours } from './directColours.js';
import { runIndices } from './runLengths.js';

/**
 * Decodes a BMP to RGB as Pillow's `convert("RGB")` does: of 1 to 32 bits, with palettes, masks and run lengths, from below or
 * from above. Parts of 5 and 6 bits are scaled to 255 and rounded down; the fourth byte of a pixel is left out unless a mask
 * says that it tells how opaque it is, and `alpha` asks for that.
 *
 * @throws ImageError `ERR_BMP` when the file is damaged or of a kind that there is not; `ERR_IMAGE_SIZE`.
 * @see https://learn.microsoft.com/windows/win32/gdi/bitmap-storage
 */
export function decodeBmp(
  bytes: Uint8Array,
  { alpha = false }: { readonly alpha?: boolean } = {},
): Picture {
  const header = readBmpHeader(bytes);
  const { width, height, bits } = header;
  checkPictureSize(width, height, 'A BMP');
  if (header.offset > bytes.length) throw damaged('The BMP ends before its pixels.');
  const pixels = bytes.subarray(header.offset);
  if (header.compression !== 'none') {
    // What a run skips is entry 0, as in Pillow.
    const indices = runIndices(pixels, header);
    return { width, height, data: coloursOf(upright(indices, width, header), header.palette) };
  }
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  if (pixels.length < rowBytes * (height - 1) + Math.ceil((width * bits) / 8)) {
    throw damaged(
      `The BMP ends within its pixels: ${pixels.length} of ${rowBytes * height} bytes are there.`,
    );
  }
  if (bits > 8) return { width, height, ...directColours(pixels, rowBytes, header, alpha) };
  const indices = upright(unpacked(pixels, rowBytes, header), width, header);
  return { width, height, data: coloursOf(indices, header.palette) };
}

/** Indices of 1, 4 or 8 bits, the first of a byte in its upper bits. */
function unpacked(
  pixels: Uint8Array,
  rowBytes: number,
  { width, height, bits }: BmpHeader,
): Uint8Array {
  const indices = new Uint8Array(width * height);
  const perByte = 8 / bits;
  const mask = (1 << bits) - 1;
  let to = 0;
  for (let row = 0; row < height; row++) {
    const start = row * rowBytes;
    for (let x = 0; x < width; x++) {
      const shift = 8 - bits * ((x % perByte) + 1);
      indices[to++] = (pixels[start + Math.floor(x / perByte)] >> shift) & mask;
    }
  }
  return indices;
}

/** Rows of `length` elements from above, as pictures have them. */
function upright(rows: Uint8Array, length: number, { height, topDown }: BmpHeader): Uint8Array {
  if (topDown) return rows;
  const turned = new Uint8Array(rows.length);
  for (let row = 0; row < height; row++) {
    turned.set(rows.subarray(row * length, (row + 1) * length), (height - 1 - row) * length);
  }
  return turned;
}
