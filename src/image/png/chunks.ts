import { concatenate } from '../../platform/concatenate.js';
import { crc32 } from '../../platform/crc32.js';
import { ImageError } from '../picture.js';

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits a sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  readonly colour: ColourType;
  readonly channels: number;
  readonly bitsPerPixel: number;
  /** Bytes a pixel, at least 1: the distance that row filters look back. */
  readonly pixelBytes: number;
  readonly interlaced: boolean;
}

export type ColourType = 'grey' | 'rgb' | 'palette' | 'greyAlpha' | 'rgba';

interface Colour {
  readonly type: ColourType;
  readonly channels: number;
  readonly depths: readonly number[];
}

const COLOURS: ReadonlyMap<number, Colour> = new Map([
  [0, { type: 'grey', channels: 1, depths: [1, 2, 4, 8, 16] }],
  [2, { type: 'rgb', channels: 3, depths: [8, 16] }],
  [3, { type: 'palette', channels: 1, depths: [1, 2, 4, 8] }],
  [4, { type: 'greyAlpha', channels: 2, depths: [8, 16] }],
  [6, { type: 'rgba', channels: 4, depths: [8, 16] }],
]);

export const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

export interface PngChunks {
  readonly header: PngHeader;
  /** Three bytes a colour; empty where there is none. */
  readonly palette: Uint8Array;
  /** What tRNS says of transparent colours; empty where there is none. */
  readonly transparency: Uint8Array;
  /** The zlib stream: all IDAT chunks in a row. */
  readonly data: Uint8Array;
}

/**
 * Reads what makes up the picture: IHDR, PLTE, tRNS and IDAT. Other chunks are passed over, unless they are
 * critical and unknown.
 * @throws ImageError for wrong order, sizes or checksums.
 */
export function readPngChunks(bytes: Uint8Array): PngChunks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let header: PngHeader | null = null;
  let palette = new Uint8Array(0);
  let transparency = new Uint8Array(0);
  const parts: Uint8Array[] = [];
  let at = SIGNATURE.length;
  for (;;) {
    if (at + 12 > bytes.length) throw damaged('ERR_PNG_SHORT', 'is cut short', at);
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (at + 12 + length > bytes.length) {
      throw damaged('ERR_PNG_SHORT', `is cut short in chunk ${JSON.stringify(type)}`, at);
    }
    const content = bytes.subarray(at + 8, at + 8 + length);
    if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length)) {
      throw damaged(
        'ERR_PNG_CHECKSUM',
        `has a wrong checksum on chunk ${JSON.stringify(type)}`,
        at,
      );
    }
    if (header === null && type !== 'IHDR') throw damaged('ERR_PNG', 'has no header', at);
    if (type === 'IHDR') {
      if (header !== null) throw damaged('ERR_PNG', 'has two headers', at);
      header = readHeader(content, at);
    } else if (type === 'PLTE') {
      if (length % 3 !== 0 || length > 768) throw damaged('ERR_PNG', 'has a bad palette', at);
      palette = content.slice();
    } else if (type === 'tRNS') {
      transparency = content.slice();
    } else if (type === 'IDAT') {
      parts.push(content);
    } else if (type === 'IEND') {
      break;
    } else if ((bytes[at + 4] & 0x20) === 0) {
      throw damaged('ERR_PNG', `needs the unknown chunk ${JSON.stringify(type)}`, at);
    }
    at += 12 + length;
  }
  if (header === null || parts.length === 0) {
    throw damaged('ERR_PNG_SHORT', 'has no pixel data', at);
  }
  if (header.colour === 'palette' && palette.length === 0) {
    throw damaged('ERR_PNG', 'has no palette', at);
  }
  return { header, palette, transparency, data: concatenate(parts) };
}

function readHeader(content: Uint8Array, at: number): PngHeader {
  if (content.length !== 13) throw damaged('ERR_PNG', 'has a header of the wrong length', at);
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const [depth, colourType, compression, filter, interlace] = content.subarray(8);
  const colour = COLOURS.get(colourType);
  if (colour === undefined) throw damaged('ERR_PNG', `has unknown colour type ${colourType}`, at);
  if (!colour.depths.includes(depth)) {
    throw damaged('ERR_PNG', `has ${depth} bits a sample, which ${colour.type} cannot have`, at);
  }
  if (compression !== 0 || filter !== 0 || interlace > 1) {
    throw damaged(
      'ERR_PNG',
      `has unknown compression ${compression}, filter ${filter} or interlacing ${interlace}`,
      at,
    );
  }
  const bitsPerPixel = depth * colour.channels;
  return {
    width: view.getUint32(0),
    height: view.getUint32(4),
    depth,
    colour: colour.type,
    channels: colour.channels,
    bitsPerPixel,
    pixelBytes: Math.max(1, bitsPerPixel / 8),
    interlaced: interlace === 1,
  };
}

function damaged(code: string, what: string, at: number): ImageError {
  return new ImageError(code, `The PNG ${what} (at byte ${at}).`);
}
