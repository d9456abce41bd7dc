import { checkPictureSize, ImageError } from '../picture.js';
import { type PnmHeader, readPnmHeader } from '../pnm/pnmHeader.js';
import type { StreamCursor } from './streamCursor.js';

/** Most headers have 15 bytes; comments make them longer. */
const MAX_HEADER_BYTES = 2 ** 12;

/**
 * Takes a PBM, PGM or PPM whose samples are bytes.
 * @throws ImageError `ERR_FRAME` for one whose samples are text: nothing tells where such a picture ends; `ERR_PNM` for a
 * damaged header.
 */
export async function walkPnm(cursor: StreamCursor): Promise<void> {
  const header = await readHeader(cursor);
  if (header.isText) {
    throw new ImageError(
      'ERR_FRAME',
      'this PNM is written as text (P1 to P3), and does not tell where it ends; streams take P4 to P6.',
    );
  }
  checkPictureSize(header.width, header.height, 'A PNM');
  await cursor.take(header.offset + sampleBytes(header));
}

function sampleBytes({ width, height, channels, isBits, max }: PnmHeader): number {
  const row = isBits ? Math.ceil(width / 8) : width * channels * (max > 255 ? 2 : 1);
  return row * height;
}

async function readHeader(cursor: StreamCursor): Promise<PnmHeader> {
  for (let count = 1; count <= MAX_HEADER_BYTES; ) {
    const start = (await cursor.peekAll(count)).subarray(0, MAX_HEADER_BYTES);
    const header = readPnmHeader(start);
    if (header !== null) return header;
    // No more than one that is not there: the header may end with it, and nothing may follow.
    if (start.length < count) await cursor.take(count);
    count = start.length + 1;
  }
  throw new ImageError(
    'ERR_FRAME',
    `this PNM has no end of its header within ${MAX_HEADER_BYTES} bytes.`,
  );
}
