import { ImageError } from '../picture.js';
import type { StreamCursor } from './streamCursor.js';

const SIGNATURE_BYTES = 8;
/** Length and type before a chunk's data, and the checksum behind them. */
const HEAD_BYTES = 8;
const CHECKSUM_BYTES = 4;
const MAX_CHUNK_BYTES = 2 ** 31 - 1;

/** Takes a PNG: its signature, and chunks up to IEND. @throws ImageError `ERR_FRAME` for what is no chunk. */
export async function walkPng(cursor: StreamCursor): Promise<void> {
  await cursor.take(SIGNATURE_BYTES);
  for (;;) {
    const head = await cursor.peek(HEAD_BYTES);
    const type = String.fromCharCode(...head.subarray(4));
    const length = readUint32(head);
    if (head.length === HEAD_BYTES && !(/^[a-z]{4}$/i.test(type) && length <= MAX_CHUNK_BYTES)) {
      throw new ImageError('ERR_FRAME', 'this PNG has no chunk where the next one should begin.');
    }
    await cursor.take(HEAD_BYTES);
    await cursor.take(length + CHECKSUM_BYTES);
    if (type === 'IEND') return;
  }
}

function readUint32([a, b, c, d]: Uint8Array): number {
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}
