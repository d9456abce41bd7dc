import { ImageError } from '../../image/picture.js';
import { type StreamFormat, splitPictures } from '../../image/stream/pictureStream.js';
import { StreamCursor } from '../../image/stream/streamCursor.js';
import type { FramesRequest } from '../requests/frames.js';

/** A frame as it comes. */
export interface Frame {
  /** From 1 on. */
  readonly number: number;
  /** `.png`, `.jpg`, `.ppm`; `.rgb` for bare pixels. */
  readonly extension: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const EXTENSIONS: Readonly<Record<StreamFormat, string>> = {
  png: '.png',
  jpg: '.jpg',
  ppm: '.ppm',
};

/** Three bytes a pixel. */
const RGB = 3;

/** What a frame is called in messages. */
export function frameName(number: number): string {
  return `frame ${number}`;
}

/** @throws ImageError `ERR_FRAME`, naming the frame; what the stream throws. */
export async function* readFrames(
  stream: AsyncIterable<Uint8Array>,
  raw: FramesRequest['raw'],
): AsyncGenerator<Frame> {
  let number = 1;
  try {
    const frames = raw === null ? pictureFrames(stream) : rawFrames(stream, raw);
    for await (const frame of frames) yield { ...frame, number: number++ };
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new ImageError(error.code, `${frameName(number)}: ${error.message}`, { cause: error });
  }
}

type Unnumbered = Omit<Frame, 'number'>;

async function* pictureFrames(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Unnumbered> {
  for await (const { format, bytes } of splitPictures(stream)) {
    yield { extension: EXTENSIONS[format], bytes };
  }
}

async function* rawFrames(
  stream: AsyncIterable<Uint8Array>,
  { width, height }: { readonly width: number; readonly height: number },
): AsyncGenerator<Unnumbered> {
  const length = width * height * RGB;
  const cursor = new StreamCursor(stream, length);
  try {
    while ((await cursor.peek(1)).length > 0) {
      await cursor.take(length);
      yield { extension: '.rgb', bytes: cursor.gather() };
    }
  } finally {
    cursor.end();
  }
}
