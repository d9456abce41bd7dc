import { crc32 } from '../../platform/crc32.js';
import { bytesFrom, type RandomBytes } from '../../platform/randomBytes.js';

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
  /** Where the content lies, and how long it is as far as the file reaches. */
  readonly begin: number;
  readonly present: number;
  /** The same, read when it is asked for. */
  readonly content: Uint8Array;
}

/** The chunks of a PNG in their order, to the end of the bytes or to what is no chunk's beginning. */
export function* walkChunks(bytes: Uint8Array | RandomBytes): Generator<Chunk> {
  let at = SIGNATURE.length;
  while (at + LENGTH_BYTES + TYPE_BYTES <= bytes.length) {
    const begin = at + LENGTH_BYTES + TYPE_BYTES;
    const head = bytesFrom(bytes, at, begin);
    const length = new DataView(head.buffer, head.byteOffset).getUint32(0);
    const type = String.fromCharCode(...head.subarray(LENGTH_BYTES));
    // The same characters as Pillow takes.
    if (!/^\w{4}$/.test(type)) return;
    const present = Math.min(length, bytes.length - begin);
    yield {
      ...{ at, type, length, begin, present },
      get content() {
        return bytesFrom(bytes, begin, begin + present);
      },
    };
    at += FRAME_BYTES + length;
  }
}

export type Checksum = 'right' | 'wrong' | 'zero' | 'missing';

/** Of a file that is read in blocks, so much is summed up at a time. */
const SUMMED_BYTES = 2 ** 18;

/** `zero` is wrong, too, but what some encoders write in place of it; `missing`: the file ends before it does. */
export function checkChecksum(
  bytes: Uint8Array | RandomBytes,
  { at, begin, present, length }: Chunk,
): Checksum {
  if (at + FRAME_BYTES + length > bytes.length) return 'missing';
  const end = begin + present;
  const sum = crc32Of(bytes, at + LENGTH_BYTES, end);
  const stated = bytesFrom(bytes, end, end + CHECKSUM_BYTES);
  const found = new DataView(stated.buffer, stated.byteOffset).getUint32(0);
  if (sum === found) return 'right';
  return found === 0 ? 'zero' : 'wrong';
}

function crc32Of(bytes: Uint8Array | RandomBytes, start: number, end: number): number {
  if (bytes instanceof Uint8Array) return crc32(bytes.subarray(start, end));
  const room = new Uint8Array(Math.min(SUMMED_BYTES, end - start));
  let sum = 0;
  for (let from = start; from < end; from += room.length) {
    const part = room.subarray(0, Math.min(room.length, end - from));
    bytes.readInto(from, part);
    sum = crc32(part, sum);
  }
  return sum;
}

/** Whether a decoder that does not know the chunk cannot make the picture (its fifth bit says so). */
export function isCritical({ type }: Chunk): boolean {
  return (type.charCodeAt(0) & 0x20) === 0;
}
