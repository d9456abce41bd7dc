import { crc32 } from '../../platform/crc32.js';

export const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Of each chunk: four bytes of length, four of type, and four of checksum behind the content. */
const LENGTH_BYTES = 4;
const TYPE_BYTES = 4;
const CHECKSUM_BYTES = 4;
const FRAME_BYTES = LENGTH_BYTES + TYPE_BYTES + CHECKSUM_BYTES;

export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

export interface Chunk {
  readonly at: number;
  readonly type: string;
  /** What the file says. */
  readonly length: number;
  /** As far as the file reaches. */
  readonly content: Uint8Array;
}

/** The chunks of a PNG in their order, to the end of the bytes or to what is no chunk's beginning. */
export function* walkChunks(bytes: Uint8Array): Generator<Chunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = SIGNATURE.length;
  while (at + LENGTH_BYTES + TYPE_BYTES <= bytes.length) {
    const length = view.getUint32(at);
    const begin = at + LENGTH_BYTES + TYPE_BYTES;
    const type = String.fromCharCode(...bytes.subarray(at + LENGTH_BYTES, begin));
    // The same characters as Pillow takes.
    if (!/^\w{4}$/.test(type)) return;
    yield { at, type, length, content: bytes.subarray(begin, begin + length) };
    at += FRAME_BYTES + length;
  }
}

export type Checksum = 'right' | 'wrong' | 'zero' | 'missing';

/** `zero` is wrong, too, but what some encoders write in place of it; `missing`: the file ends before it does. */
export function checkChecksum(bytes: Uint8Array, { at, content, length }: Chunk): Checksum {
  if (at + FRAME_BYTES + length > bytes.length) return 'missing';
  const end = at + LENGTH_BYTES + TYPE_BYTES + content.length;
  const found = new DataView(bytes.buffer, bytes.byteOffset + end).getUint32(0);
  if (crc32(bytes.subarray(at + LENGTH_BYTES, end)) === found) return 'right';
  return found === 0 ? 'zero' : 'wrong';
}

/** Whether a decoder that does not know the chunk cannot make the picture (its fifth bit says so). */
export function isCritical({ type }: Chunk): boolean {
  return (type.charCodeAt(0) & 0x20) === 0;
}
