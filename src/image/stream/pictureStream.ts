import { readFormat } from '../formats.js';
import { otherFormat } from '../otherFormats.js';
import { ImageError } from '../picture.js';
import { isPng } from '../png/chunks.js';
import { isPnm } from '../pnm/pnmHeader.js';
import { StreamCursor } from './streamCursor.js';
import { walkJpeg } from './walkJpeg.js';
import { walkPng } from './walkPng.js';
import { walkPnm } from './walkPnm.js';

/** A format whose pictures can follow each other in a stream. */
export type StreamFormat = 'png' | 'jpg' | 'ppm';

/** A picture of a stream: a whole file. */
export interface StreamedPicture {
  readonly format: StreamFormat;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Longer than any picture that is taken, and shorter than memory. */
const MAX_BYTES = 2 ** 29;
/** No picture is shorter, and none needs more to be recognised. */
const START_BYTES = 8;

/**
 * The pictures of a stream that has nothing between them, each as soon as its last byte has come: PNG, JPEG, and PBM, PGM or
 * PPM of bytes. Where one ends is told by its own structure, not by what the next begins with, so that a preview within a
 * picture is no picture of the stream.
 *
 * @throws ImageError `ERR_FRAME` for what is none of these, or is cut off; `ERR_PNM`; what the stream throws.
 */
export async function* splitPictures(
  stream: AsyncIterable<Uint8Array>,
  { maxBytes = MAX_BYTES }: { readonly maxBytes?: number } = {},
): AsyncGenerator<StreamedPicture> {
  const cursor = new StreamCursor(stream, maxBytes);
  try {
    while ((await cursor.peek(1)).length > 0) {
      const format = formatOf(await cursor.peekAll(START_BYTES));
      const { hasIndex } = await walk(format, cursor);
      if (hasIndex) throw new ImageError('ERR_FRAME', FURTHER);
      yield { format, bytes: cursor.gather() };
    }
  } finally {
    cursor.end();
  }
}

const FURTHER =
  'this photograph carries further pictures (an index of the Multi-Picture Format), which would be taken for frames; translate it as a file.';

/**
 * How long the first picture is of bytes that begin with a PNG, JPEG, or PBM, PGM or PPM of bytes; further pictures that a
 * photograph carries are its own, to the end.
 *
 * @returns `null` where its structure does not tell: it is cut off, damaged, or of another format.
 */
export async function firstPictureLength(bytes: Uint8Array): Promise<number | null> {
  const cursor = new StreamCursor(only(bytes), bytes.length);
  try {
    const { hasIndex } = await walk(formatOf(bytes), cursor);
    return hasIndex ? bytes.length : cursor.gather().length;
  } catch (error) {
    if (error instanceof ImageError) return null;
    throw error;
  }
}

/** Whether bytes begin as pictures of a stream do. */
export function beginsPicture(start: Uint8Array): boolean {
  return streamFormat(start) !== null;
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const NO_INDEX = { hasIndex: false };

function walk(format: StreamFormat, cursor: StreamCursor): Promise<{ readonly hasIndex: boolean }> {
  if (format === 'jpg') return walkJpeg(cursor);
  return (format === 'png' ? walkPng(cursor) : walkPnm(cursor)).then(() => NO_INDEX);
}

function streamFormat(start: Uint8Array): StreamFormat | null {
  if (isPng(start)) return 'png';
  if (start[0] === 0xff && start[1] === 0xd8) return 'jpg';
  return isPnm(start) ? 'ppm' : null;
}

/** @throws ImageError for a format whose pictures do not come one after the other. */
function formatOf(start: Uint8Array): StreamFormat {
  const format = streamFormat(start);
  if (format !== null) return format;
  const what = readFormat(start) ?? otherFormat(start);
  throw new ImageError(
    'ERR_FRAME',
    `${what === undefined ? 'no picture begins here' : `this is ${what}`}; a stream holds PNG, JPEG, PBM, PGM or PPM pictures, with nothing between them.`,
  );
}
