import type { NoteOptions } from '../note.js';
import { coloursOf } from '../palette.js';
import { checkPictureSize, type Picture } from '../picture.js';
import { damaged, type GifFrame, readFirstFrame } from './gifHeader.js';
import { CodeReader, unpackLzw } from './lzw.js';

/** Interlaced rows come in four passes. */
const PASSES = [
  { first: 0, step: 8 },
  { first: 4, step: 8 },
  { first: 2, step: 4 },
  { first: 1, step: 2 },
] as const;
/** A code of up to 12 bits stands for up to 4096 indices. */
const MAX_INDICES_PER_BYTE = 4096;

/** Width and height of the canvas; `null` where the bytes do not reach so far. */
export function gifSize(bytes: Uint8Array): { width: number; height: number } | null {
  const frame = readFirstFrame(bytes);
  return frame === null ? null : { width: frame.width, height: frame.height };
}

/**
 * Decodes the first picture of a GIF, on its canvas, to RGB as Pillow's `convert("RGB")` does: what the picture does not
 * cover has the transparent colour, or the first of the palette.
 *
 * @throws ImageError `ERR_GIF` when the file is damaged, or has no picture; `ERR_IMAGE_SIZE`.
 */
export function decodeGif(
  bytes: Uint8Array,
  { alpha = false }: NoteOptions & { readonly alpha?: boolean } = {},
): Picture {
  const frame = readFirstFrame(bytes);
  if (frame === null) throw damaged('The GIF ends before its first picture.');
  const { width, height, frameWidth, frameHeight, transparent } = frame;
  checkPictureSize(width, height, 'A GIF');
  const count = frameWidth * frameHeight;
  if (count > (bytes.length - frame.offset) * MAX_INDICES_PER_BYTE) {
    throw damaged(`The GIF has ${bytes.length} bytes for ${frameWidth} x ${frameHeight} pixels.`);
  }
  const codes = new CodeReader(bytes, frame.offset);
  const indices = unpackLzw(codes, frame.minimumBits, count);
  if (indices.length < count) {
    throw damaged(`The GIF ends within its pixels: ${indices.length} of ${count} are there.`);
  }
  const canvas = new Uint8Array(width * height).fill(transparent ?? 0);
  place(indices, frame, canvas);
  const data = coloursOf(canvas, frame.palette);
  if (!alpha || transparent === null) return { width, height, data };
  return { width, height, data, alpha: canvas.map((index) => (index === transparent ? 0 : 255)) };
}

/** Puts the picture's rows where they belong on the canvas. */
function place(indices: Uint8Array, frame: GifFrame, canvas: Uint8Array): void {
  const { width, left, top, frameWidth, frameHeight, interlaced } = frame;
  const passes = interlaced ? PASSES : [{ first: 0, step: 1 }];
  let from = 0;
  for (const { first, step } of passes) {
    for (let row = first; row < frameHeight; row += step) {
      canvas.set(indices.subarray(from, from + frameWidth), (top + row) * width + left);
      from += frameWidth;
    }
  }
}
