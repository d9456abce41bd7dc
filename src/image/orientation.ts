import { jpegSegments } from './jpeg/jpegSize.js';
import type { Picture } from './picture.js';

/** EXIF's: 1 is upright; 5 to 8 lie on their side. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const APP1 = 0xe1;
const EXIF = 'Exif\0\0';
const ORIENTATION_TAG = 0x0112;
const ENTRY_BYTES = 12;

/**
 * How a JPEG's camera was held, by its EXIF segment; 1 where nothing says so.
 * @see CIPA DC-008 (EXIF 2.32), section 4.6
 */
export function orientationOf(bytes: Uint8Array): Orientation {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return 1;
  for (const { marker, start, end } of jpegSegments(bytes)) {
    const segment = bytes.subarray(start, end);
    if (marker !== APP1 || !startsWith(segment, EXIF)) continue;
    return orientationIn(segment.subarray(EXIF.length));
  }
  return 1;
}

/** In a TIFF structure: byte order, the offset of the first directory, and its entries. */
function orientationIn(tiff: Uint8Array): Orientation {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  if (tiff.length < 8) return 1;
  const little = startsWith(tiff, 'II');
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return 1;
  const count = view.getUint16(directory, little);
  for (let i = 0; i < count; i++) {
    const at = directory + 2 + i * ENTRY_BYTES;
    if (at + ENTRY_BYTES > tiff.length) return 1;
    if (view.getUint16(at, little) !== ORIENTATION_TAG) continue;
    const value = view.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? (value as Orientation) : 1;
  }
  return 1;
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((c, i) => bytes[i] === c.charCodeAt(0));
}

/** Whether width and height change places. */
export function liesOnItsSide(orientation: Orientation): boolean {
  return orientation >= 5;
}

/** The picture as it was seen. @see Pillow's `ImageOps.exif_transpose` */
export function upright(picture: Picture, orientation: Orientation): Picture {
  if (orientation === 1) return picture;
  const { width, height, data, alpha } = picture;
  const side = liesOnItsSide(orientation);
  const outWidth = side ? height : width;
  const outHeight = side ? width : height;
  // Which way the picture's columns and rows run in the one that is seen.
  const mirrored = [2, 3, 7, 8].includes(orientation);
  const flipped = [3, 4, 6, 7].includes(orientation);
  const out = new Uint8Array(data.length);
  const outAlpha = alpha === undefined ? undefined : new Uint8Array(alpha.length);
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      const column = side ? y : x;
      const row = side ? x : y;
      const fromX = mirrored ? width - 1 - column : column;
      const fromY = flipped ? height - 1 - row : row;
      const from = fromY * width + fromX;
      const to = y * outWidth + x;
      out[3 * to] = data[3 * from];
      out[3 * to + 1] = data[3 * from + 1];
      out[3 * to + 2] = data[3 * from + 2];
      if (alpha !== undefined && outAlpha !== undefined) outAlpha[to] = alpha[from];
    }
  }
  const turned = { width: outWidth, height: outHeight, data: out };
  return outAlpha === undefined ? turned : { ...turned, alpha: outAlpha };
}
