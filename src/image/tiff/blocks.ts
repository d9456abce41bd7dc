import { inflateZlib } from '../../platform/inflate.js';
import { bytesFrom } from '../../platform/randomBytes.js';
import type { PictureFile } from '../pictureFile.js';
import { unpackBits } from './packBits.js';
import { damaged } from './tiffDirectory.js';
import type { TiffCompression, TiffLayout } from './tiffLayout.js';
import { unpackTiffLzw } from './tiffLzw.js';

/** How many bytes a byte of compressed data can stand for at most. */
const MAX_RATIO: Readonly<Record<TiffCompression, number>> = {
  none: 1,
  packBits: 64,
  deflate: 1032,
  // A code of 12 bits stands for up to 3838 bytes.
  lzw: 2560,
};

/**
 * No writer needs more for a block of some bytes, but data of no meaning may go on to the end of the file, for each block of it.
 */
const mostPacked = (size: number) => 4 * size + 1024;

/** Each byte with its bits the other way round. */
const MIRRORED = Uint8Array.from({ length: 256 }, (_, byte) => mirror(byte));

/** Reads the bytes of strips and tiles. */
export class BlockReader {
  readonly #file: PictureFile;
  readonly #layout: TiffLayout;

  constructor(file: PictureFile, layout: TiffLayout) {
    this.#file = file;
    this.#layout = layout;
  }

  /**
   * Before memory is taken: whether a block's bytes can be in its part of the file.
   * @throws ImageError `ERR_TIFF` unless they can.
   */
  check(index: number, size: number): void {
    const { start, end } = this.#extent(index, size);
    const most = (end - start) * MAX_RATIO[this.#layout.compression];
    if (size > most) throw tooShort(index, most, size);
  }

  /** @throws ImageError `ERR_TIFF` when the data are damaged, or not all there. */
  read(index: number, size: number): Uint8Array {
    const { isLowBitFirst, compression } = this.#layout;
    const { start, end } = this.#extent(index, size);
    const raw = bytesFrom(this.#file, start, end);
    const packed = isLowBitFirst ? raw.map((byte) => MIRRORED[byte]) : raw;
    const out = unpack(packed, size, compression);
    if (out.length < size) throw tooShort(index, out.length, size);
    return out;
  }

  /** Where a block lies, as far as the file reaches. */
  #extent(index: number, size: number): { start: number; end: number } {
    const { blocks, compression } = this.#layout;
    const offset = blocks.offsets[index];
    if (offset === undefined) {
      throw damaged(`The TIFF has ${blocks.offsets.length} strips or tiles, which are too few.`);
    }
    // What is not compressed is read without a look at how long it is said to be, as by Pillow.
    const stated = blocks.lengths?.[index] ?? Number.POSITIVE_INFINITY;
    const length = compression === 'none' ? size : Math.min(stated, mostPacked(size));
    const start = Math.min(offset, this.#file.length);
    return { start, end: Math.min(offset + length, this.#file.length) };
  }
}

function tooShort(index: number, found: number, size: number): Error {
  return damaged(`The TIFF has ${found} of ${size} bytes in strip or tile ${index}.`);
}

function unpack(packed: Uint8Array, size: number, compression: TiffCompression): Uint8Array {
  switch (compression) {
    case 'none':
      return packed.slice(0, size);
    case 'packBits':
      return unpackBits(packed, size);
    case 'lzw':
      return unpackTiffLzw(packed, size);
    case 'deflate': {
      const { bytes, end } = inflateZlib(packed, size);
      if (end === 'checksum') throw damaged('The TIFF has compressed data with a wrong checksum.');
      return bytes;
    }
  }
}

function mirror(byte: number): number {
  let mirrored = 0;
  for (let bit = 0; bit < 8; bit++) mirrored |= ((byte >> bit) & 1) << (7 - bit);
  return mirrored;
}
