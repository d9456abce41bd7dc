import { bytesFrom } from '../../platform/randomBytes.js';
import { textOf } from '../../platform/text.js';
import { ImageError } from '../picture.js';
import type { PictureFile } from '../pictureFile.js';

/** The entries of a directory by tag, those that hold whole numbers. */
export interface TiffDirectory {
  readonly little: boolean;
  readonly entries: ReadonlyMap<number, TiffEntry>;
}

/** An entry, whose values are read when they are asked for. */
export interface TiffEntry {
  readonly type: WholeType | 'rational';
  readonly count: number;
  readonly offset: number;
}

type WholeType = 'byte' | 'short' | 'long' | 'long8';

/** By the number that stands for it in a file; signed types and texts are of no use here. */
const TYPES: ReadonlyMap<number, { type: TiffEntry['type']; bytes: number }> = new Map([
  [1, { type: 'byte', bytes: 1 }],
  [3, { type: 'short', bytes: 2 }],
  [4, { type: 'long', bytes: 4 }],
  [5, { type: 'rational', bytes: 8 }],
  [13, { type: 'long', bytes: 4 }],
  [16, { type: 'long8', bytes: 8 }],
  [18, { type: 'long8', bytes: 8 }],
]);

export function damaged(message: string): ImageError {
  return new ImageError('ERR_TIFF', message);
}

/** With the bytes of its mark in either order, as Pillow takes them. */
export function isTiff(bytes: Uint8Array): boolean {
  return /^(II[*+]\0|MM\0[*+]|MM\*\0|II\0\*)/.test(textOf(bytes.subarray(0, 4), 'latin1'));
}

/**
 * Reads the first directory of a TIFF or BigTIFF.
 * @returns `null` when the bytes do not reach so far.
 * @throws ImageError `ERR_TIFF` for a BigTIFF of offsets that there are not.
 * @see TIFF 6.0, section 2; https://libtiff.gitlab.io/libtiff/specification/bigtiff.html
 */
export function readDirectory(file: PictureFile): TiffDirectory | null {
  const head = bytesFrom(file, 0, 16);
  const little = head[0] === 0x49;
  const isBig = head[2] === 43 || head[3] === 43;
  const view = viewOf(head);
  const sizes = isBig
    ? { header: 16, count: 8, entry: 20, value: 8 }
    : { header: 8, count: 2, entry: 12, value: 4 };
  if (file.length < sizes.header) return null;
  if (isBig && view.getUint16(4, little) !== 8) {
    throw damaged('The BigTIFF has offsets of a size other than 8 bytes.');
  }
  const at = isBig ? long8(view, 8, little) : view.getUint32(4, little);
  const first = at + sizes.count;
  if (first > file.length) return null;
  const counted = viewOf(bytesFrom(file, at, first));
  const count = isBig ? long8(counted, 0, little) : counted.getUint16(0, little);
  if (first + count * sizes.entry > file.length) return null;
  const entries = new Map<number, TiffEntry>();
  for (let i = 0; i < count; i++) {
    const at = first + i * sizes.entry;
    const entry = viewOf(bytesFrom(file, at, at + sizes.entry));
    const found = readEntry(entry, at, sizes.value, little);
    if (found !== null) entries.set(entry.getUint16(0, little), found);
  }
  return { little, entries };
}

/**
 * Values of few bytes lie in the entry itself. `null` for types that are not read, and for none.
 * @param at Where in the file the entry lies.
 */
function readEntry(
  view: DataView,
  at: number,
  valueBytes: number,
  little: boolean,
): TiffEntry | null {
  const known = TYPES.get(view.getUint16(2, little));
  const isBig = valueBytes === 8;
  const count = isBig ? long8(view, 4, little) : view.getUint32(4, little);
  if (known === undefined || count === 0) return null;
  const value = isBig ? 12 : 8;
  const isHere = known.bytes * count <= valueBytes;
  const there = () => (isBig ? long8(view, value, little) : view.getUint32(value, little));
  return { type: known.type, count, offset: isHere ? at + value : there() };
}

/**
 * The first values of an entry, `most` at most, whole numbers or fractions; `undefined` where there is none.
 * @throws ImageError `ERR_TIFF` when they are not within the file, which bounds how many there are.
 */
export function valuesOf(
  file: PictureFile,
  { little, entries }: TiffDirectory,
  tag: number,
  most: number,
): readonly number[] | undefined {
  const entry = entries.get(tag);
  if (entry === undefined) return undefined;
  const { type, count, offset } = entry;
  const size = { byte: 1, short: 2, long: 4, long8: 8, rational: 8 }[type];
  if (offset + size * count > file.length) {
    throw damaged(`The TIFF has the values of tag ${tag} behind its end.`);
  }
  const taken = Math.min(count, most);
  const view = viewOf(bytesFrom(file, offset, offset + size * taken));
  const readers = {
    byte: (at: number) => view.getUint8(at),
    short: (at: number) => view.getUint16(at, little),
    long: (at: number) => view.getUint32(at, little),
    long8: (at: number) => long8(view, at, little),
    rational: (at: number) => view.getUint32(at, little) / view.getUint32(at + 4, little),
  };
  const read = readers[type];
  return Array.from({ length: taken }, (_, i) => read(i * size));
}

/** A larger one than a number can hold exactly is beyond every file, and stays so. */
function long8(view: DataView, at: number, little: boolean): number {
  return Number(view.getBigUint64(at, little));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
