import { textOf } from '../platform/text.js';
import { type Metadata, startsWith } from './metadata.js';
import type { Picture } from './picture.js';

/** EXIF's: 1 is upright; 5 to 8 lie on their side. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** What a file says of how its camera was held. */
export interface StatedOrientation {
  readonly orientation: Orientation;
  readonly by: 'EXIF' | 'XMP';
}

/**
 * How a picture's camera was held, by its EXIF, or where that does not say, by its XMP; 1 where nothing says so.
 * @see Pillow's `Image.getexif`
 */
export function orientationOf({ exif, xmp }: Metadata): StatedOrientation {
  const fromExif = exif === null ? null : orientationInExif(exif);
  if (fromExif !== null) return { orientation: known(fromExif), by: 'EXIF' };
  return { orientation: known(xmp === null ? 1 : orientationInXmp(xmp)), by: 'XMP' };
}

function known(value: number): Orientation {
  return Number.isInteger(value) && value >= 1 && value <= 8 ? (value as Orientation) : 1;
}

const ORIENTATION_TAG = 0x0112;
const ENTRY_BYTES = 12;

type Reader = (view: DataView, at: number, little: boolean) => number;

/** The types of numbers in a TIFF structure. BYTE is not among them: Pillow takes it for text. */
const NUMBERS: ReadonlyMap<number, { readonly bytes: number; readonly read: Reader }> = new Map([
  [3, { bytes: 2, read: (view, at, little) => view.getUint16(at, little) }], // SHORT
  [4, { bytes: 4, read: (view, at, little) => view.getUint32(at, little) }], // LONG
  [5, { bytes: 8, read: (view, at, l) => view.getUint32(at, l) / view.getUint32(at + 4, l) }], // RATIONAL
  [6, { bytes: 1, read: (view, at) => view.getInt8(at) }], // SBYTE
  [8, { bytes: 2, read: (view, at, little) => view.getInt16(at, little) }], // SSHORT
  [9, { bytes: 4, read: (view, at, little) => view.getInt32(at, little) }], // SLONG
  [10, { bytes: 8, read: (view, at, l) => view.getInt32(at, l) / view.getInt32(at + 4, l) }], // SRATIONAL
  [11, { bytes: 4, read: (view, at, little) => view.getFloat32(at, little) }], // FLOAT
  [12, { bytes: 8, read: (view, at, little) => view.getFloat64(at, little) }], // DOUBLE
  [13, { bytes: 4, read: (view, at, little) => view.getUint32(at, little) }], // IFD
]);

/**
 * In a TIFF structure: byte order, the offset of the first directory, and its entries. `null` where it does not say, or
 * not in a type that Pillow takes; of several the last counts.
 *
 * @see CIPA DC-008 (EXIF 2.32), section 4.6; TIFF 6.0, section 2
 */
function orientationInExif(tiff: Uint8Array): number | null {
  const little = startsWith(tiff, 'II');
  if (tiff.length < 8 || !(little || startsWith(tiff, 'MM'))) return null;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return null;
  const count = view.getUint16(directory, little);
  let found: number | null = null;
  for (let i = 0; i < count; i++) {
    const at = directory + 2 + i * ENTRY_BYTES;
    if (at + ENTRY_BYTES > tiff.length) break;
    if (view.getUint16(at, little) === ORIENTATION_TAG)
      found = entryValue(view, at, little) ?? found;
  }
  return found;
}

/** The first value of an entry. It lies in the entry's last four bytes, or they say where. */
function entryValue(view: DataView, entry: number, little: boolean): number | null {
  const type = NUMBERS.get(view.getUint16(entry + 2, little));
  const count = view.getUint32(entry + 4, little);
  if (type === undefined || count === 0) return null;
  const size = type.bytes * count;
  const at = size <= 4 ? entry + 8 : view.getUint32(entry + 8, little);
  return at + size <= view.byteLength ? type.read(view, at, little) : null;
}

const PROPERTY = 'tiff:Orientation';

/**
 * The digit of the first `tiff:Orientation="6"` or `<tiff:Orientation>6`, wherever it is: Pillow, too, looks for this text
 * and parses no XML.
 */
function orientationInXmp(xmp: Uint8Array): number {
  const text = textOf(xmp, 'latin1');
  for (let at = text.indexOf(PROPERTY); at >= 0; at = text.indexOf(PROPERTY, at + 1)) {
    const value = text.slice(at + PROPERTY.length, at + PROPERTY.length + 3);
    const digit = /^(?:="|>)([0-9])/.exec(value)?.[1];
    if (digit !== undefined) return Number(digit);
  }
  return 1;
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
