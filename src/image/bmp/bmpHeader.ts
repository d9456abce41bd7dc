import { ImageError } from '../picture.js';

/** Where the parts of a pixel lie in its number, as masks. */
export interface Masks {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  /** 0 where no part says how opaque a pixel is. */
  readonly alpha: number;
}

export interface BmpHeader {
  readonly width: number;
  readonly height: number;
  /** Whether the first row is the upper one. */
  readonly topDown: boolean;
  readonly bits: 1 | 4 | 8 | 16 | 24 | 32;
  readonly compression: 'none' | 'rle8' | 'rle4';
  /** Of 16 and 32 bits. */
  readonly masks: Masks;
  /** Red, green, blue of each colour of the palette. */
  readonly palette: Uint8Array;
  /** Where pixels begin. */
  readonly offset: number;
}

/** Bytes of a file header, and of the smallest header behind it. */
export const MIN_BYTES = 26;
const FILE_HEADER = 14;
/** Of OS/2 1; all later ones begin as that of Windows 3, with 40 bytes. */
const CORE_HEADER = 12;
const HEADERS: readonly number[] = [CORE_HEADER, 40, 52, 56, 64, 108, 124];
const COMPRESSIONS = ['none', 'rle8', 'rle4', 'masks'] as const;
const MASKS_IN_HEADER = 52;
const BITS: readonly number[] = [1, 4, 8, 16, 24, 32];

export function damaged(message: string): ImageError {
  return new ImageError('ERR_BMP', message);
}

/** Width and height; `null` where the bytes do not reach so far. */
export function bmpSize(bytes: Uint8Array): { width: number; height: number } | null {
  if (bytes.length < MIN_BYTES) return null;
  const view = viewOf(bytes);
  return view.getUint32(FILE_HEADER, true) === CORE_HEADER
    ? { width: view.getUint16(18, true), height: view.getUint16(20, true) }
    : { width: view.getInt32(18, true), height: Math.abs(view.getInt32(22, true)) };
}

/**
 * Reads everything before the pixels of a BMP: OS/2 1 and 2, Windows 3, 4 and 5.
 * @throws ImageError `ERR_BMP` for what is cut short, or of no kind that there is.
 * @see https://learn.microsoft.com/windows/win32/gdi/bitmap-header-types
 */
export function readBmpHeader(bytes: Uint8Array): BmpHeader {
  const size = bmpSize(bytes);
  if (size === null) throw damaged('The BMP ends within its header.');
  const view = viewOf(bytes);
  const headerBytes = view.getUint32(FILE_HEADER, true);
  if (!HEADERS.includes(headerBytes)) {
    throw damaged(`The BMP has a header of ${headerBytes} bytes, which no kind of BMP has.`);
  }
  if (bytes.length < FILE_HEADER + headerBytes) throw damaged('The BMP ends within its header.');
  const isCore = headerBytes === CORE_HEADER;
  const bits = view.getUint16(isCore ? 24 : 28, true);
  if (!BITS.includes(bits)) throw damaged(`The BMP says that a pixel has ${bits} bits.`);
  const method = isCore ? 0 : view.getUint32(30, true);
  const compression = COMPRESSIONS[method];
  const fits =
    compression === 'none' ||
    (compression === 'masks' && bits >= 16) ||
    (compression === 'rle8' && bits === 8) ||
    (compression === 'rle4' && bits === 4);
  if (compression === undefined || !fits) {
    throw damaged(`The BMP has compression ${method} with ${bits} bits, which is not read.`);
  }
  const hasMasks = compression === 'masks' && headerBytes < MASKS_IN_HEADER;
  const palette = bits > 8 ? new Uint8Array(0) : readPalette(bytes, headerBytes, bits, hasMasks);
  return {
    ...size,
    topDown: !isCore && view.getInt32(22, true) < 0,
    bits: bits as BmpHeader['bits'],
    compression: compression === 'masks' ? 'none' : compression,
    masks: compression === 'masks' ? readMasks(bytes, headerBytes) : usualMasks(bits),
    palette,
    offset: pixelsFrom(
      view.getUint32(10, true),
      FILE_HEADER + headerBytes,
      (palette.length / 3) * (isCore ? 3 : 4),
    ),
  };
}

/** Some writers give the end of the header as the place of the pixels, as if there were no palette behind it. Pillow sees that, too. */
function pixelsFrom(said: number, headerEnd: number, paletteBytes: number): number {
  if (said < headerEnd) {
    throw damaged(`The BMP says that its pixels begin at byte ${said}, within its header.`);
  }
  return said === headerEnd ? headerEnd + paletteBytes : said;
}

function usualMasks(bits: number): Masks {
  // The fourth byte of a pixel is of no use where no mask says so.
  return bits === 16
    ? { red: 0x7c00, green: 0x3e0, blue: 0x1f, alpha: 0 }
    : { red: 0xff0000, green: 0xff00, blue: 0xff, alpha: 0 };
}

/** They stand behind a header of Windows 3, and within later ones, at the same place. */
function readMasks(bytes: Uint8Array, headerBytes: number): Masks {
  const at = FILE_HEADER + 40;
  const hasAlpha = headerBytes >= 56 && headerBytes !== 64;
  if (bytes.length < at + (hasAlpha ? 16 : 12)) throw damaged('The BMP ends within its masks.');
  const view = viewOf(bytes);
  const [red, green, blue] = [0, 4, 8].map((offset) => view.getUint32(at + offset, true));
  return { red, green, blue, alpha: hasAlpha ? view.getUint32(at + 12, true) : 0 };
}

function readPalette(
  bytes: Uint8Array,
  headerBytes: number,
  bits: number,
  hasMasks: boolean,
): Uint8Array {
  const view = viewOf(bytes);
  const isCore = headerBytes === CORE_HEADER;
  const entryBytes = isCore ? 3 : 4;
  const wanted = isCore ? 0 : view.getUint32(46, true);
  const colours = wanted === 0 ? 1 << bits : wanted;
  if (colours > 256) throw damaged(`The BMP says that its palette has ${colours} colours.`);
  const start = FILE_HEADER + headerBytes + (hasMasks ? 12 : 0);
  if (bytes.length < start + colours * entryBytes)
    throw damaged('The BMP ends within its palette.');
  const palette = new Uint8Array(colours * 3);
  for (let i = 0; i < colours; i++) {
    const [blue, green, red] = bytes.subarray(start + i * entryBytes);
    palette.set([red, green, blue], i * 3);
  }
  return palette;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
