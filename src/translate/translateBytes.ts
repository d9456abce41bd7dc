import { CycleganError } from '../errors.js';
import {
  type DecodeOptions,
  decodeImage,
  encodeImage,
  imageSize,
  loadDecoder,
  loadEncoder,
  readFormat,
} from '../image/formats.js';
import type { DecodeNote } from '../image/note.js';
import { ImageError } from '../image/picture.js';
import type { ForwardOptions } from '../nn/module.js';
import { throwIfAborted } from '../platform/abortion.js';
import { generate } from './generate.js';
import { throughNetwork } from './networkErrors.js';
import type { PictureSettings } from './options/pictureOptions.js';
import type { OutputNote } from './outputNote.js';
import { networkSize, type PictureNetwork } from './pictureNetwork.js';
import { finish, preparedSize } from './pipeline.js';
import { prepareBytes } from './prepareBytes.js';

/** What may be asked for, looked at before anything is decoded. */
export interface PixelLimits {
  /** Of a picture as its header tells, and of the result. */
  readonly maxPixels: number;
  /** Of what comes to the network, and of what a crop for it is resized to. */
  readonly maxNetworkPixels: number;
}

/** What one picture is to become. */
export interface BytesRequest {
  readonly settings: PictureSettings;
  /** Of the result's format: `.png`. */
  readonly extension: string;
}

export interface TranslatedBytes {
  /** A whole file. */
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** What there is to tell of the picture, and of what became of it. */
  readonly notes: readonly (DecodeNote | OutputNote)[];
  readonly milliseconds: {
    readonly decode: number;
    readonly network: number;
    readonly encode: number;
  };
}

/**
 * Holds a picture file to limits by its header alone.
 *
 * @param bytes A file, or its start.
 * @returns Whether the bytes reach so far that they tell.
 * @throws CycleganError `ERR_REQUEST_SIZE` for too many pixels.
 */
export function checkHeader(
  bytes: Uint8Array,
  { settings: { pipeline, decode } }: BytesRequest,
  { maxPixels, maxNetworkPixels }: PixelLimits,
): boolean {
  const size = imageSize(bytes);
  if (size === null) return false;
  refuseOver(size, 'The picture has', maxPixels);
  // Turned or not, there are as many pixels; but the short side of a size to resize to may become the long one.
  const turned = decode.autoOrient ? [size, { width: size.height, height: size.width }] : [size];
  for (const side of turned) {
    refuseOver(preparedSize(side, pipeline), 'The network would get', maxNetworkPixels);
    // However little is cut out of it, all of a picture is resized; one that is not has been held to `maxPixels`.
    if (pipeline.resize === null) continue;
    const resized = preparedSize(side, { ...pipeline, crop: undefined });
    refuseOver(resized, 'Before it is cropped, the picture would have', maxNetworkPixels);
  }
  return true;
}

function refuseOver(
  { width, height }: { readonly width: number; readonly height: number },
  what: string,
  most: number,
): void {
  if (width * height <= most) return;
  throw new CycleganError(
    'ERR_REQUEST_SIZE',
    `${what} ${width} x ${height} pixels; at most ${most} are taken here.`,
  );
}

/**
 * A picture file through a network, and back to a file.
 *
 * @throws ImageError for what cannot be read; CycleganError `ERR_REQUEST_SIZE` for what is over a limit; ShapeError for a picture that is too small for the network;
 * CycleganError `ERR_NAN`, as `translate` does; the signal's reason after it fired.
 */
export async function translateBytes(
  bytes: Uint8Array,
  network: PictureNetwork,
  request: BytesRequest,
  { limits, ...forward }: ForwardOptions & { readonly limits?: PixelLimits } = {},
): Promise<TranslatedBytes> {
  const { settings, extension } = request;
  const notes: (DecodeNote | OutputNote)[] = [];
  const onNote = (note: DecodeNote | OutputNote) => notes.push(note);
  const begin = performance.now();
  if (limits !== undefined) refuseUnknownSize(bytes, request, limits);
  await Promise.all([loadDecoder(bytes), loadEncoder(extension)]);
  throwIfAborted(forward.signal);
  const options: DecodeOptions = { ...settings.decode, onNote };
  const { prepared } = prepareBytes(bytes, options, settings.pipeline);
  const { sized } = prepared;
  if (limits !== undefined) {
    refuseOver(networkSize(sized, network), 'The network would get', 2 * limits.maxNetworkPixels);
  }
  throwIfAborted(forward.signal);
  const decoded = performance.now();
  const output = await throughNetwork('The picture', sized, network, () =>
    generate(sized, network, { ...forward, norm: settings.norm, onNote }),
  );
  throwIfAborted(forward.signal);
  const generated = performance.now();
  const picture = finish(output, prepared, settings.pipeline);
  const { width, height } = picture;
  if (limits !== undefined) refuseOver(picture, 'The result would have', limits.maxPixels);
  const encoded = encodeImage(picture, extension, { quality: settings.quality });
  const end = performance.now();
  return {
    bytes: encoded,
    width,
    height,
    notes,
    milliseconds: {
      decode: decoded - begin,
      network: generated - decoded,
      encode: end - generated,
    },
  };
}

/** What hides its size until it is decoded cannot be held to a limit. */
function refuseUnknownSize(bytes: Uint8Array, request: BytesRequest, limits: PixelLimits): void {
  if (checkHeader(bytes, request, limits)) return;
  const format = readFormat(bytes);
  // Of what is no picture, the decoder says what it is.
  if (format === undefined) decodeImage(bytes);
  throw new ImageError(
    'ERR_IMAGE_SIZE',
    `This is ${format} whose header does not tell its size, without which none is decoded here.`,
  );
}
