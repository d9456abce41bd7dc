import {
  type ByteInput,
  type ByteInputOptions,
  readBytes,
  sourceName,
} from '../platform/byteInput.js';
import { writeFileAtomic } from '../platform/files.js';
import { decodeJpeg } from './jpeg/decodeJpeg.js';
import { encodeJpeg } from './jpeg/encodeJpeg.js';
import { jpegMetadata } from './jpeg/jpegMetadata.js';
import { jpegSize } from './jpeg/jpegSize.js';
import type { Metadata } from './metadata.js';
import type { NoteOptions } from './note.js';
import { liesOnItsSide, orientationOf, upright } from './orientation.js';
import { ImageError, type Picture } from './picture.js';
import { checkPicture, type PictureInput } from './pictureInput.js';
import { isPng } from './png/chunks.js';
import { decodePng, pngSize } from './png/decodePng.js';
import { encodePng } from './png/encodePng.js';
import { pngMetadata } from './png/pngMetadata.js';

/** A file format of pictures. A new one is a room beside `png/` and an entry here. */
interface PictureFormat {
  readonly name: string;
  readonly extensions: readonly string[];
  matches(bytes: Uint8Array): boolean;
  /** From a file's first bytes; `null` when they do not reach so far. */
  size(bytes: Uint8Array): { width: number; height: number } | null;
  /** From a file's bytes, or the first of them. */
  metadata(bytes: Uint8Array): Metadata;
  decode(bytes: Uint8Array, options: DecodeOptions): Picture;
  encode(picture: Picture, options: EncodeOptions): Uint8Array;
}

export interface DecodeOptions extends NoteOptions {
  /** Whether a PNG's alpha is kept. Default: false, as in the book's pipeline. */
  readonly alpha?: boolean;
  /** Whether the orientation in EXIF or XMP is applied. Default: false, as in the book's pipeline. */
  readonly autoOrient?: boolean;
}

export interface EncodeOptions {
  /** JPEG only, 1 to 100. Default: 95. */
  readonly quality?: number;
}

function checkQuality(quality: number): number {
  if (Number.isInteger(quality) && quality >= 1 && quality <= 100) return quality;
  throw new ImageError(
    'ERR_IMAGE_QUALITY',
    `quality takes a whole number from 1 to 100, but got ${quality}.`,
  );
}

const FORMATS: readonly PictureFormat[] = [
  {
    name: 'PNG',
    extensions: ['.png'],
    matches: isPng,
    size: pngSize,
    metadata: pngMetadata,
    decode: decodePng,
    encode: encodePng,
  },
  {
    name: 'JPEG',
    extensions: ['.jpg', '.jpeg'],
    matches: (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8,
    size: jpegSize,
    metadata: jpegMetadata,
    decode: decodeJpeg,
    encode: (picture, { quality = 95 }) => encodeJpeg(picture, checkQuality(quality)),
  },
];

/**
 * Decodes a PNG or JPEG, told apart by their bytes, to RGB as Pillow's `convert("RGB")` does.
 *
 * ```ts
 * const bytes = encodeImage({ width: 1, height: 1, data: Uint8Array.of(1, 2, 3) }, 'dot.png');
 * decodeImage(bytes).data; // [1, 2, 3]
 * ```
 *
 * @throws ImageError when the bytes are damaged, too large, or no picture of these formats.
 */
export function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}): Picture {
  const format = FORMATS.find((candidate) => candidate.matches(bytes));
  if (format === undefined) throw unknownFormat(bytes);
  const picture = format.decode(bytes, options);
  const { orientation, by } = orientationOf(format.metadata(bytes));
  if (options.autoOrient === true) return upright(picture, orientation);
  if (orientation !== 1) {
    const message = `${by} says that the picture is turned (orientation ${orientation}); it was left as it lies`;
    options.onNote?.({ kind: 'turned', message });
  }
  return picture;
}

/**
 * The size that `decodeImage` will give, from the first bytes of a file; `null` when they do not tell. With `autoOrient`
 * that can take all of a PNG: its metadata may be behind the pixels.
 *
 * ```ts
 * const dot = { width: 1, height: 1, data: Uint8Array.of(1, 2, 3) };
 * imageSize(encodeImage(dot, 'dot.png').subarray(0, 64)); // { width: 1, height: 1 }
 * ```
 */
export function imageSize(
  start: Uint8Array,
  { autoOrient = false }: DecodeOptions = {},
): { width: number; height: number } | null {
  const format = FORMATS.find((candidate) => candidate.matches(start));
  const size = format?.size(start) ?? null;
  if (format === undefined || size === null || !autoOrient) return size;
  const metadata = format.metadata(start);
  if (!metadata.complete) return null;
  const onItsSide = liesOnItsSide(orientationOf(metadata).orientation);
  return onItsSide ? { width: size.height, height: size.width } : size;
}

/**
 * Where a picture file may come from: a path (Node only), an http(s), `file:`, `data:` or `blob:` address, its bytes, a `Blob`
 * or `File`, a `Response`, or a stream, which is read to its end.
 */
export type ImageSource = ByteInput;

export interface OpenImageOptions extends DecodeOptions, ByteInputOptions {
  /** Bytes that the file may have; longer ones are refused. Default: 512 MiB. */
  readonly maxBytes?: number;
}

/** More than any photograph has; what comes from afar is not known before it is there. */
export const MAX_IMAGE_BYTES = 2 ** 29;

/**
 * Reads and decodes a picture file.
 *
 * ```ts
 * const { width, height } = await openImage('horse.png');
 * [width, height]; // [628, 512]
 * ```
 *
 * ```ts no-run
 * await openImage(new URL('horse.jpg', import.meta.url));
 * await openImage('https://example.org/horse.jpg', { maxBytes: 10e6, signal: AbortSignal.timeout(20_000) });
 * await openImage(await fetch('horse.jpg'));    // in a page; or the File of an <input>
 * await openImage(process.stdin);
 * ```
 *
 * @throws ImageError as `decodeImage`; FileError when a file cannot be read, or is too long; DownloadError when an address does
 * not give it, leads to another scheme, or gives more than `maxBytes`; CycleganError `ERR_SOURCE` for another kind of source;
 * AbortError after `signal` fired.
 */
export async function openImage(
  source: ImageSource,
  { maxBytes = MAX_IMAGE_BYTES, signal, onProgress, ...options }: OpenImageOptions = {},
): Promise<Picture> {
  const bytes = await readBytes(source, { maxBytes, signal, onProgress });
  try {
    return decodeImage(bytes, options);
  } catch (error) {
    const name = sourceName(source);
    if (!(error instanceof ImageError) || name === null) throw error;
    throw new ImageError(error.code, `${name}: ${error.message}`, { cause: error });
  }
}

/**
 * Encodes a picture for a file of that name: `.png`, or `.jpg` and `.jpeg`, which have no alpha.
 *
 * ```ts
 * const dot = { width: 1, height: 1, data: Uint8Array.of(1, 2, 3) };
 * String.fromCharCode(...encodeImage(dot, 'dot.png').subarray(1, 4)); // 'PNG'
 * ```
 *
 * @throws ImageError `ERR_IMAGE_FORMAT` for any other extension; `ERR_PICTURE` or `ERR_IMAGE_SIZE` for what is no picture.
 */
export function encodeImage(
  picture: PictureInput,
  name: string,
  options: EncodeOptions = {},
): Uint8Array {
  return formatForName(name).encode(checkPicture(picture, 'encodeImage'), options);
}

/**
 * Writes a picture file as a whole or not at all; a file of that name is replaced (Node).
 *
 * ```ts
 * await saveImage(resize(64)(await openImage('horse.png')), 'small.png');
 * (await openImage('small.png')).height; // 64
 * ```
 *
 * @throws ImageError as `encodeImage`; FileError when it cannot be written.
 */
export async function saveImage(
  picture: PictureInput,
  path: string,
  options: EncodeOptions = {},
): Promise<void> {
  await writeFileAtomic(path, encodeImage(picture, path, options), { replace: true });
}

/** @throws ImageError `ERR_IMAGE_FORMAT` unless pictures can be written under such a name. */
export function checkImageName(name: string): void {
  formatForName(name);
}

function formatForName(name: string): PictureFormat {
  const lower = name.toLowerCase();
  const format = FORMATS.find(({ extensions }) => extensions.some((end) => lower.endsWith(end)));
  if (format !== undefined) return format;
  throw new ImageError(
    'ERR_IMAGE_FORMAT',
    `${name}: pictures are written as ${FORMATS.flatMap((f) => f.extensions).join(', ')}; the extension decides.`,
  );
}

/** Beginnings of files that people mistake for a PNG or JPEG. */
const OTHERS: readonly (readonly [name: string, start: RegExp])[] = [
  ['a GIF', /^GIF8/],
  ['a BMP', /^BM/],
  ['a WebP', /^RIFF.{4}WEBP/s],
  ['a TIFF', /^(II\*\0|MM\0\*)/],
  ['an HEIC or AVIF', /^.{4}ftyp/s],
  ['an SVG or HTML page', /^\s*</],
];

function unknownFormat(bytes: Uint8Array): ImageError {
  if (bytes.length === 0) return new ImageError('ERR_IMAGE_FORMAT', 'The file is empty.');
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 64));
  const other = OTHERS.find(([, pattern]) => pattern.test(start))?.[0];
  return new ImageError(
    'ERR_IMAGE_FORMAT',
    `This is ${other ?? 'no picture'}; PNG and JPEG can be read. Convert it first.`,
  );
}
