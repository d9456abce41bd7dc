import { startsWith } from '../metadata.js';
import { ImageError } from '../picture.js';
import type { StreamCursor } from './streamCursor.js';

const MARK = 0xff;
/** TEM and RST0 to RST7 have no length, nor has a zero, which stands behind a 0xff that is data. */
const isBare = (marker: number) => marker <= 1 || (marker >= 0xd0 && marker <= 0xd7);
const START = 0xd8;
const END = 0xd9;
const APP2 = 0xe2;
/** How an index of further pictures in the same file begins (CIPA DC-007). */
const INDEX = 'MPF\0';

/**
 * Takes a JPEG: segments by their lengths, so that previews within them are passed over, and entropy-coded data up to the
 * next marker.
 * @throws ImageError `ERR_FRAME` for what is no JPEG's structure.
 * @see https://www.w3.org/Graphics/JPEG/itu-t81.pdf, annex B
 */
export async function walkJpeg(cursor: StreamCursor): Promise<{ readonly hasIndex: boolean }> {
  await cursor.take(2);
  let hasIndex = false;
  for (;;) {
    const marker = await takeMarker(cursor);
    if (marker === END) return { hasIndex };
    if (marker === START) {
      throw new ImageError('ERR_FRAME', 'this JPEG has no end: another begins within it.');
    }
    if (isBare(marker)) continue;
    const start = await cursor.peek(2 + INDEX.length);
    const length = (start[0] << 8) | start[1];
    if (length < 2) {
      throw new ImageError('ERR_FRAME', `this JPEG has a segment of ${length} bytes.`);
    }
    hasIndex ||= marker === APP2 && startsWith(start.subarray(2), INDEX);
    await cursor.take(length);
  }
}

/** Takes all up to the next marker, which may stand behind any number of bytes 0xff, and tells which it is. */
async function takeMarker(cursor: StreamCursor): Promise<number> {
  await cursor.takePast(MARK);
  for (;;) {
    const byte = await cursor.takeByte();
    if (byte !== MARK) return byte;
  }
}
