import { encodeImage, loadEncoder } from '../../image/formats.js';
import type { Picture } from '../../image/picture.js';
import { encodePpm } from '../../image/pnm/encodePpm.js';
import { finish, prepare, type Unfinished } from '../../translate/pipeline.js';
import { named, type Opened, openBytes, type PictureOptions } from '../pictures/pictureWork.js';
import type { FramesRequest } from '../requests/frames.js';
import { type Frame, frameName } from './frameInput.js';

export interface EncodedFrame {
  readonly bytes: Uint8Array;
  readonly size: readonly [width: number, height: number];
}

/** Frame to network. @throws ImageError, naming the frame. */
export function openFrame(
  { number, bytes }: Frame,
  raw: FramesRequest['raw'],
  options: PictureOptions,
): Opened {
  if (raw === null) return openBytes(bytes, frameName(number), options);
  const begin = performance.now();
  return named(frameName(number), () => ({
    prepared: prepare({ ...raw, data: bytes }, options.pipeline),
    size: [raw.width, raw.height],
    notes: [],
    before: null,
    milliseconds: performance.now() - begin,
  }));
}

/** Network to frame. @param extension What the frame is written as. */
export async function encodeFrame(
  output: Picture,
  prepared: Unfinished,
  extension: string,
  { pipeline, quality }: PictureOptions,
): Promise<EncodedFrame> {
  const picture = finish(output, prepared, pipeline);
  return {
    bytes: await bytesOf(picture, extension, quality),
    size: [picture.width, picture.height],
  };
}

async function bytesOf(
  picture: Picture,
  extension: string,
  quality: number | undefined,
): Promise<Uint8Array> {
  if (extension === '.rgb') return picture.data;
  if (extension === '.ppm') return encodePpm(picture);
  const name = `frame${extension}`;
  await loadEncoder(name);
  return encodeImage(picture, name, { quality });
}
