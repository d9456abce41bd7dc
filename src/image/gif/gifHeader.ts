import { ImageError } from '../picture.js';

/** The first picture of a GIF, and the canvas that it lies on. */
export interface GifFrame {
  /** Of the canvas, which is enlarged where the picture would not lie within. */
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
  readonly frameWidth: number;
  readonly frameHeight: number;
  readonly interlaced: boolean;
  /** Red, green, blue of each colour; empty where the file has none, which makes greys of indices. */
  readonly palette: Uint8Array;
  /** The index of the colour that is not to be seen; `null` for none. */
  readonly transparent: number | null;
  /** Bits of the first codes, less one. */
  readonly minimumBits: number;
  /** Where blocks of codes begin. */
  readonly offset: number;
}

const [EXTENSION, IMAGE, TRAILER, GRAPHIC_CONTROL] = [0x21, 0x2c, 0x3b, 0xf9];
const HAS_PALETTE = 0x80;
const INTERLACED = 0x40;
const SCREEN_BYTES = 13;

export function damaged(message: string): ImageError {
  return new ImageError('ERR_GIF', message);
}

export function isGif(bytes: Uint8Array): boolean {
  return /^GIF8[79]a/.test(String.fromCharCode(...bytes.subarray(0, 6)));
}

/**
 * Reads everything before the pixels of the first picture.
 * @returns `null` when the bytes do not reach so far.
 * @throws ImageError `ERR_GIF` for a file without a picture.
 * @see https://www.w3.org/Graphics/GIF/spec-gif89a.txt
 */
export function readFirstFrame(bytes: Uint8Array): GifFrame | null {
  if (bytes.length < SCREEN_BYTES) return null;
  const screen = bytes[10];
  let at = SCREEN_BYTES + paletteBytes(screen);
  const palette = bytes.subarray(SCREEN_BYTES, at);
  let transparent: number | null = null;
  for (; at < bytes.length; at++) {
    if (bytes[at] === TRAILER) throw damaged('The GIF has no picture.');
    if (bytes[at] === IMAGE) return readFrame(bytes, at, palette, transparent);
    if (bytes[at] !== EXTENSION) continue;
    if (bytes[at + 1] === GRAPHIC_CONTROL && bytes[at + 2] >= 4) {
      transparent = bytes[at + 3] & 1 ? bytes[at + 6] : null;
    }
    at += 2;
    while (bytes[at] > 0) at += 1 + bytes[at];
  }
  return null;
}

function readFrame(
  bytes: Uint8Array,
  at: number,
  globalPalette: Uint8Array,
  transparent: number | null,
): GifFrame | null {
  if (at + 10 > bytes.length) return null;
  const [left, top, frameWidth, frameHeight] = [1, 3, 5, 7].map((offset) =>
    uint16(bytes, at + offset),
  );
  const flags = bytes[at + 9];
  const begin = at + 10;
  const offset = begin + paletteBytes(flags) + 1;
  if (offset > bytes.length) return null;
  const hasOwn = (flags & HAS_PALETTE) !== 0;
  return {
    width: Math.max(uint16(bytes, 6), left + frameWidth),
    height: Math.max(uint16(bytes, 8), top + frameHeight),
    left,
    top,
    frameWidth,
    frameHeight,
    interlaced: (flags & INTERLACED) !== 0,
    palette: hasOwn ? bytes.subarray(begin, offset - 1) : globalPalette,
    transparent,
    minimumBits: bytes[offset - 1],
    offset,
  };
}

function paletteBytes(flags: number): number {
  return flags & HAS_PALETTE ? 3 << ((flags & 7) + 1) : 0;
}

function uint16(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8);
}
