import { concatenate } from '../../platform/concatenate.js';
import { textOf } from '../../platform/text.js';
import { type Metadata, withoutExifName } from '../metadata.js';
import { ImageError } from '../picture.js';

export function damaged(message: string): ImageError {
  return new ImageError('ERR_WEBP', message);
}

/** A part of a file, as far as it is there. */
interface Chunk {
  readonly type: string;
  readonly content: Uint8Array;
  /** Whether all of it is there. */
  readonly whole: boolean;
}

const RIFF_HEADER = 12;
const CHUNK_HEADER = 8;
/** Of a frame of an animation, before its chunks. */
const FRAME_HEADER = 16;

export function isWebp(bytes: Uint8Array): boolean {
  return /^RIFF.{4}WEBP/s.test(textOf(bytes.subarray(0, RIFF_HEADER), 'latin1'));
}

/** @see RFC 9649, section 2.3 */
function* chunksOf(bytes: Uint8Array, from: number): Generator<Chunk> {
  const view = viewOf(bytes);
  for (let at = from; at + CHUNK_HEADER <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    const begin = at + CHUNK_HEADER;
    const content = bytes.subarray(begin, begin + size);
    const type = textOf(bytes.subarray(at, at + 4), 'latin1');
    yield { type, content, whole: content.length === size };
    at = begin + size + (size & 1);
  }
}

/** Width and height of the picture, of an animation's canvas; `null` where the bytes do not tell. */
export function webpSize(bytes: Uint8Array): { width: number; height: number } | null {
  const [first] = chunksOf(bytes, RIFF_HEADER);
  return first === undefined ? null : sizeIn(first);
}

/** @see RFC 6386, section 9.1 (VP8); RFC 9649, sections 2.7 (VP8X) and 3.4 (VP8L) */
function sizeIn({ type, content }: Chunk): { width: number; height: number } | null {
  if (content.length < 10 && !(type === 'VP8L' && content.length >= 5)) return null;
  const view = viewOf(content);
  if (type === 'VP8X') return { width: uint24(view, 4) + 1, height: uint24(view, 7) + 1 };
  if (type === 'VP8L') {
    const bits = view.getUint32(1, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
  }
  if (type !== 'VP8 ') return null;
  return { width: view.getUint16(6, true) & 0x3fff, height: view.getUint16(8, true) & 0x3fff };
}

/** EXIF and XMP stand behind the pixels. */
export function webpMetadata(bytes: Uint8Array): Metadata {
  const found: { exif: Uint8Array | null; xmp: Uint8Array | null } = { exif: null, xmp: null };
  let [end, hasMore] = [RIFF_HEADER, true];
  for (const { type, content, whole } of chunksOf(bytes, RIFF_HEADER)) {
    if (end === RIFF_HEADER) hasMore = type === 'VP8X' && (content[0] & 0b1100) !== 0;
    end += CHUNK_HEADER + content.length + (content.length & 1);
    if (!whole) break;
    if (type === 'EXIF') found.exif ??= withoutExifName(content);
    if (type === 'XMP ') found.xmp ??= content;
  }
  const stated = bytes.length < RIFF_HEADER ? 0 : viewOf(bytes).getUint32(4, true) + 8;
  return { ...found, complete: !hasMore || bytes.length >= stated };
}

/** The first picture of an animation, and where it lies. */
export interface WebpFrame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** A file of this picture alone. */
  readonly file: Uint8Array;
}

/**
 * @returns `null` for a file that is no animation.
 * @throws ImageError `ERR_WEBP` for an animation without a picture.
 */
export function firstFrame(bytes: Uint8Array): WebpFrame | null {
  const chunks = [...chunksOf(bytes, RIFF_HEADER)];
  const isAnimated = chunks[0]?.type === 'VP8X' && (chunks[0].content[0] & 2) !== 0;
  if (!isAnimated) return null;
  const frame = chunks.find(({ type }) => type === 'ANMF');
  if (frame === undefined || frame.content.length < FRAME_HEADER) {
    throw damaged('The animated WebP has no picture.');
  }
  const view = viewOf(frame.content);
  const [width, height] = [uint24(view, 6) + 1, uint24(view, 9) + 1];
  return {
    left: 2 * uint24(view, 0),
    top: 2 * uint24(view, 3),
    width,
    height,
    file: stillFile(frame.content.subarray(FRAME_HEADER), width, height),
  };
}

/** The chunks of one picture: alpha, which needs the extended form, and the pixels. */
function stillFile(content: Uint8Array, width: number, height: number): Uint8Array {
  const pictures = [...chunksOf(content, 0)].filter(({ type }) =>
    ['ALPH', 'VP8 ', 'VP8L'].includes(type),
  );
  const parts = pictures.map(({ type, content }) => chunk(type, content));
  if (pictures[0]?.type === 'ALPH') parts.unshift(chunk('VP8X', extendedHeader(width, height)));
  const body = concatenate([Uint8Array.from('WEBP', code), ...parts]);
  return chunk('RIFF', body);
}

/** Of a picture with alpha. */
function extendedHeader(width: number, height: number): Uint8Array {
  const out = new Uint8Array(10);
  out[0] = 0x10;
  for (const [at, side] of [
    [4, width - 1],
    [7, height - 1],
  ]) {
    out.set([side & 255, (side >> 8) & 255, side >> 16], at);
  }
  return out;
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const out = new Uint8Array(CHUNK_HEADER + content.length + (content.length & 1));
  out.set(Uint8Array.from(type, code));
  viewOf(out).setUint32(4, content.length, true);
  out.set(content, CHUNK_HEADER);
  return out;
}

function code(character: string): number {
  return character.charCodeAt(0);
}

function uint24(view: DataView, at: number): number {
  return view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
