import { ByteBlocks } from '../platform/byteBlocks.js';
import {
  type ByteInput,
  type ByteInputOptions,
  readBytes,
  sourceName,
} from '../platform/byteInput.js';
import { writeFileAtomic } from '../platform/files.js';
import { checkFunction, checkOptions } from '../tensor/callerValues.js';
import { describeValue } from '../tensor/describeValue.js';
import { bmpSize } from './bmp/bmpHeader.js';
import { decodeBmp } from './bmp/decodeBmp.js';
import type { ByteSink } from './byteSink.js';
import { decodeGif, gifSize } from './gif/decodeGif.js';
import { isGif } from './gif/gifHeader.js';
import { decodeHeif, prepareHeif } from './heif/decodeHeif.js';
import { heifKind } from './heif/heifFile.js';
import { decodeJpeg, decodeJpegRows, jpegHeldBytes } from './jpeg/decodeJpeg.js';
import { encodeJpeg, jpegWriter } from './jpeg/encodeJpeg.js';
import { jpegMetadata } from './jpeg/jpegMetadata.js';
import { jpegSize } from './jpeg/jpegSize.js';
import { type Metadata, startsWith } from './metadata.js';
import type { NoteOptions } from './note.js';
import { liesOnItsSide, orientationOf, type StatedOrientation, upright } from './orientation.js';
import { otherFormat } from './otherFormats.js';
import { checkPictureSize, ImageError, type Picture } from './picture.js';
import { fromStart, type PictureFile, startOf, wholeFile } from './pictureFile.js';
import { checkPicture, type PictureInput } from './pictureInput.js';
import { isPng } from './png/chunks.js';
import { decodePng, decodePngRows, pngSize } from './png/decodePng.js';
import { encodePng, pngWriter } from './png/encodePng.js';
import { pngMetadata } from './png/pngMetadata.js';
import { decodePnm, pnmSize } from './pnm/decodePnm.js';
import { isPnm } from './pnm/pnmHeader.js';
import { type BeginRows, putRows, RowCollector, type RowEncoder, type RowWriter } from './rows.js';
import { decodeTiff, decodeTiffRows, tiffSize } from './tiff/decodeTiff.js';
import { encodeTiff, tiffWriter } from './tiff/encodeTiff.js';
import { isTiff } from './tiff/tiffDirectory.js';
import { decodeWebp, loadWebpDecoder } from './webp/decodeWebp.js';
import { encodeWebp, loadWebpEncoder } from './webp/encodeWebp.js';
import { isWebp, webpMetadata, webpSize } from './webp/webpFile.js';

/** A file format of pictures. A new one is a room beside `png/` and an entry here. */
interface PictureFormat {
  readonly name: string;
  readonly extensions: readonly string[];
  matches(bytes: Uint8Array): boolean;
  /** From a file's first bytes; `null` when they do not reach so far. */
  size(bytes: Uint8Array): { width: number; height: number } | null;
  /** From a file's bytes, or the first of them. */
  metadata(bytes: Uint8Array): Metadata;
  /** Where these are told by parts of a file that lie apart. */
  readonly apart?: {
    size(file: PictureFile): { width: number; height: number } | null;
    metadata(file: PictureFile): Metadata;
  };
  decode(bytes: Uint8Array, options: DecodeOptions): Picture;
  /** Of a format that is read row by row. */
  decodeRows?(file: PictureFile, options: DecodeOptions, begin: BeginRows): void;
  /** Of a format that holds more than rows while it decodes some of its files. */
  heldBytes?(file: PictureFile): number;
  /** Absent for formats that are read only. */
  encode?(picture: Picture, options: EncodeOptions): Uint8Array;
  /** Of a format that is written row by row. */
  rowWriter?(options: EncodeOptions, sink: ByteSink): RowWriter;
  /** Of a format whose code is fetched when it is needed: before the first picture is decoded, or encoded. */
  loadDecoder?(bytes: Uint8Array): Promise<void>;
  loadEncoder?(): Promise<void>;
}

export interface DecodeOptions extends NoteOptions {
  /** Whether alpha is kept. Default: false, as in the book's pipeline. */
  readonly alpha?: boolean;
  /** Whether the orientation in EXIF or XMP is applied. Default: false, as in the book's pipeline. */
  readonly autoOrient?: boolean;
}

export interface EncodeOptions {
  /** JPEG and WebP only, 1 to 100. Default: 95, of a WebP 80. */
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
    apart: { size: pngSize, metadata: pngMetadata },
    decode: decodePng,
    decodeRows: decodePngRows,
    encode: encodePng,
    rowWriter: (_, sink) => pngWriter(sink),
  },
  {
    name: 'JPEG',
    extensions: ['.jpg', '.jpeg', '.jpe', '.jfif'],
    matches: (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8,
    size: jpegSize,
    metadata: jpegMetadata,
    decode: decodeJpeg,
    decodeRows: decodeJpegRows,
    heldBytes: jpegHeldBytes,
    encode: (picture, { quality = 95 }) => encodeJpeg(picture, checkQuality(quality)),
    rowWriter: ({ quality = 95 }, sink) => jpegWriter(checkQuality(quality), sink),
  },
  {
    name: 'GIF',
    extensions: ['.gif'],
    matches: isGif,
    size: gifSize,
    metadata: noMetadata,
    decode: decodeGif,
  },
  {
    name: 'BMP',
    extensions: ['.bmp', '.dib'],
    matches: (bytes) => startsWith(bytes, 'BM'),
    size: bmpSize,
    metadata: noMetadata,
    decode: decodeBmp,
  },
  {
    name: 'PNM',
    extensions: ['.pbm', '.pgm', '.ppm', '.pnm'],
    matches: isPnm,
    size: pnmSize,
    metadata: noMetadata,
    decode: decodePnm,
  },
  {
    name: 'TIFF',
    extensions: ['.tif', '.tiff'],
    matches: isTiff,
    size: tiffSize,
    // Its own tag says how it is turned, and it is turned as it is decoded: as in Pillow.
    metadata: noMetadata,
    apart: { size: tiffSize, metadata: noMetadata },
    decode: decodeTiff,
    decodeRows: decodeTiffRows,
    encode: encodeTiff,
    rowWriter: (_, sink) => tiffWriter(sink),
  },
  {
    name: 'WebP',
    extensions: ['.webp'],
    matches: isWebp,
    size: webpSize,
    metadata: webpMetadata,
    decode: decodeWebp,
    encode: (picture, { quality = 80 }) => encodeWebp(picture, checkQuality(quality)),
    loadDecoder: loadWebpDecoder,
    loadEncoder: loadWebpEncoder,
  },
  ...(['AVIF', 'HEIC'] as const).map(
    (name): PictureFormat => ({
      name,
      extensions: [],
      matches: (bytes) => heifKind(bytes) === name,
      // Boxes within boxes say it, of several pictures; who decodes it knows.
      size: () => null,
      metadata: noMetadata,
      decode: decodeHeif,
      loadDecoder: prepareHeif,
    }),
  ),
];

/** What a file that is read is: "a WebP"; `undefined` for all else. */
export function readFormat(bytes: Uint8Array): string | undefined {
  const name = FORMATS.find(({ matches }) => matches(bytes))?.name;
  return name && `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}

type WrittenFormat = PictureFormat & Required<Pick<PictureFormat, 'encode'>>;

const WRITTEN = FORMATS.filter((format): format is WrittenFormat => format.encode !== undefined);

/** Formats that say nothing of how a picture is to be turned. */
function noMetadata(): Metadata {
  return { exif: null, xmp: null, complete: true };
}

/**
 * Decodes a PNG, JPEG, GIF, TIFF or WebP (their first picture), BMP, PBM, PGM or PPM, told apart by their bytes, to RGB as
 * Pillow's `convert("RGB")` does. WebP, AVIF and HEIC need a step that takes time, which `openImage` does by itself; here,
 * `loadDecoder` comes first.
 *
 * ```ts
 * const bytes = encodeImage({ width: 1, height: 1, data: Uint8Array.of(1, 2, 3) }, 'dot.png');
 * decodeImage(bytes).data; // [1, 2, 3]
 * ```
 *
 * @throws ImageError when the bytes are damaged, too large, or no picture of these formats; `ERR_IMAGE_CODEC` for one whose
 * decoder is not loaded.
 */
export function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}): Picture {
  checkBytes('decodeImage', bytes);
  checkOptions('decodeImage', options);
  const format = formatOf(bytes);
  if (format === undefined) throw unknownFormat(bytes);
  const picture = format.decode(bytes, options);
  const stated = orientationOf(format.metadata(bytes));
  if (options.autoOrient === true) return upright(picture, stated.orientation);
  noteTurned(stated, options);
  return picture;
}

function noteTurned({ orientation, by }: StatedOrientation, { onNote }: DecodeOptions): void {
  if (orientation === 1) return;
  const message = `${by} says that the picture is turned (orientation ${orientation}); it was left as it lies`;
  onNote?.({ kind: 'turned', message });
}

/**
 * As `decodeImage`, row by row, for a picture that is made smaller on the way, or is too large to be held. Few rows of a PNG or a
 * baseline JPEG are held; of one with several scans (progressive) two bytes for each sample. Other formats, interlaced PNGs, and pictures that `autoOrient` turns are decoded as a whole.
 *
 * ```ts
 * const bytes = encodeImage({ width: 1, height: 2, data: Uint8Array.of(1, 2, 3, 4, 5, 6) }, 'x.png');
 * const reds: number[] = [];
 * decodeRows(bytes, () => (rgb) => reds.push(rgb[0]));
 * reds; // [1, 4]
 * ```
 *
 * @param begin Is told the size, and gives what takes the rows; a row is valid until the next.
 * @throws ImageError as `decodeImage`; rows may have come before.
 */
export function decodeRows(file: PictureFile, begin: BeginRows, options: DecodeOptions = {}): void {
  checkFile('decodeRows', file);
  checkFunction('decodeRows: begin', begin);
  checkOptions('decodeRows', options);
  const format = formatOf(startOf(file));
  const stated = format && orientationOf(metadataOf(format, file));
  const isTurned = options.autoOrient === true && stated?.orientation !== 1;
  if (format?.decodeRows === undefined || stated === undefined || isTurned) {
    putRows(decodeImage(wholeOf(file), options), begin);
    return;
  }
  format.decodeRows(file, options, begin);
  if (options.autoOrient !== true) noteTurned(stated, options);
}

function metadataOf({ apart, metadata }: PictureFormat, file: PictureFile): Metadata {
  return apart?.metadata(file) ?? fromStart(file, metadata, ({ complete }) => complete);
}

function sizeOf({ apart, size }: PictureFormat, file: PictureFile): ReturnType<typeof size> {
  return apart === undefined ? fromStart(file, size, (found) => found !== null) : apart.size(file);
}

function formatOf(start: Uint8Array): PictureFormat | undefined {
  return FORMATS.find((format) => format.matches(start));
}

/**
 * Does what `decodeImage`, which does not wait, needs done for a file: for a WebP, its code is loaded, once. An AVIF or HEIC is
 * decoded, by the browser or by the package for it; `decodeImage` then takes the same bytes. For other files, nothing is to do.
 *
 * ```ts
 * const dot = { width: 1, height: 1, data: Uint8Array.of(9, 9, 9) };
 * await loadEncoder('dot.webp');
 * const bytes = encodeImage(dot, 'dot.webp');
 * await loadDecoder(bytes);
 * decodeImage(bytes).width; // 1
 * ```
 *
 * @param file All of it; to load code for WebP, the first bytes do.
 */
export async function loadDecoder(file: PictureFile): Promise<void> {
  checkFile('loadDecoder', file);
  const load = formatOf(startOf(file))?.loadDecoder;
  if (load === undefined) return;
  const bytes = wholeOf(file);
  if (!(file instanceof Uint8Array)) LOADED.set(file, bytes);
  await load(bytes);
}

/** What was read of files whose decoders have been loaded: an AVIF or HEIC is known again by these bytes, and by no copy of them. */
const LOADED = new WeakMap<object, Uint8Array>();

function wholeOf(file: PictureFile): Uint8Array {
  return LOADED.get(file) ?? wholeFile(file);
}

/**
 * Bytes that a decoder of rows holds beside them, where a file's way of being written makes that many: the coefficients of a progressive
 * JPEG.
 * @throws ImageError as `decodeImage`.
 */
export function heldWhileDecoding(file: PictureFile): number {
  return formatOf(startOf(file))?.heldBytes?.(file) ?? 0;
}

/** Whether a file's size and pixels are told by parts of it, so that it may be longer than memory. */
export function isReadInParts(file: PictureFile): boolean {
  return formatOf(startOf(file))?.apart !== undefined;
}

/**
 * Loads what `encodeImage`, which does not wait, needs for a file of that name: the code for `.webp`, once.
 *
 * ```ts
 * const dot = { width: 1, height: 1, data: Uint8Array.of(1, 2, 3) };
 * await loadEncoder('dot.webp');
 * String.fromCharCode(...encodeImage(dot, 'dot.webp').subarray(8, 12)); // 'WEBP'
 * ```
 *
 * @throws ImageError `ERR_IMAGE_FORMAT` for an extension that is not written.
 */
export async function loadEncoder(name: string): Promise<void> {
  await formatForName(name).loadEncoder?.();
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
  start: PictureFile,
  options: DecodeOptions = {},
): { width: number; height: number } | null {
  checkFile('imageSize', start);
  checkOptions('imageSize', options);
  const { autoOrient = false } = options;
  const format = formatOf(startOf(start));
  const size = format === undefined ? null : sizeOf(format, start);
  if (format === undefined || size === null || !autoOrient) return size;
  const metadata = metadataOf(format, start);
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
 * the signal's reason after it fired.
 */
export async function openImage(
  source: ImageSource,
  opening: OpenImageOptions = {},
): Promise<Picture> {
  checkOptions('openImage', opening);
  const { maxBytes = MAX_IMAGE_BYTES, signal, onProgress, ...options } = opening;
  const bytes = await readBytes(source, { maxBytes, signal, onProgress });
  await loadDecoder(bytes);
  try {
    return decodeImage(bytes, options);
  } catch (error) {
    const name = sourceName(source);
    if (!(error instanceof ImageError) || name === null) throw error;
    throw new ImageError(error.code, `${name}: ${error.message}`, { cause: error });
  }
}

/**
 * Encodes a picture for a file of that name: `.png`, `.tif` or `.tiff`, `.webp` (after
 * `loadEncoder`), or `.jpg` and `.jpeg`, which have no alpha.
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
  checkOptions('encodeImage', options);
  return formatForName(name).encode(checkPicture(picture, 'encodeImage'), options);
}

/**
 * As `encodeImage`, for a picture that comes row by row. Besides the file, two rows of a PNG are held, of a JPEG eight; other formats are
 * written once the whole picture is there. The bytes are those that `encodeImage` gives.
 *
 * ```ts
 * const encoder = encodeRows('stripes.png');
 * const put = encoder.begin({ width: 2, height: 100, hasAlpha: false });
 * for (let y = 0; y < 100; y++) put(new Uint8Array(6).fill(y));
 * decodeImage(encoder.end()).data[6]; // 1
 * ```
 *
 * @throws ImageError `ERR_IMAGE_FORMAT` for an extension that is not written; `begin`, `ERR_IMAGE_SIZE` for a size that a
 * picture cannot have.
 */
export function encodeRows(name: string, options: EncodeOptions = {}): RowEncoder {
  checkOptions('encodeRows', options);
  const file = new ByteBlocks();
  const writer = writeRows(name, file, options);
  return {
    begin: writer.begin,
    end() {
      writer.end();
      return file.joined();
    },
  };
}

/**
 * As `encodeRows`, where the file is not held either: its bytes go on as they are made.
 *
 * ```ts
 * let length = 0;
 * const writer = writeRows('stripes.png', { add: (bytes) => { length += bytes.length; }, replace: () => {} });
 * const put = writer.begin({ width: 2, height: 100, hasAlpha: false });
 * for (let y = 0; y < 100; y++) put(new Uint8Array(6).fill(y));
 * writer.end();
 * length > 57; // true
 * ```
 *
 * @throws ImageError as `encodeRows`; what the sink throws.
 */
export function writeRows(name: string, sink: ByteSink, options: EncodeOptions = {}): RowWriter {
  checkOptions('writeRows', options);
  checkFunction('writeRows: sink.add', sink?.add);
  checkFunction('writeRows: sink.replace', sink?.replace);
  const format = formatForName(name);
  const writer = format.rowWriter?.(options, sink) ?? wholeWriter(format, sink, options);
  return {
    begin(head) {
      checkPictureSize(head.width, head.height, 'A picture');
      return writer.begin(head);
    },
    end: () => writer.end(),
  };
}

function wholeWriter(format: WrittenFormat, sink: ByteSink, options: EncodeOptions): RowWriter {
  const rows = new RowCollector();
  return { begin: rows.begin, end: () => sink.add(format.encode(rows.picture, options)) };
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
  await loadEncoder(path);
  await writeFileAtomic(path, encodeImage(picture, path, options), { replace: true });
}

/** @throws ImageError `ERR_IMAGE_FORMAT` unless pictures can be written under such a name. */
export function checkImageName(name: string): void {
  formatForName(name);
}

function formatForName(name: string): WrittenFormat {
  if (typeof name !== 'string') {
    throw new ImageError(
      'ERR_IMAGE_FORMAT',
      `A picture is encoded for a file's name, such as "zebra.png", but got ${describeValue(name)}.`,
    );
  }
  const lower = name.toLowerCase();
  const format = WRITTEN.find(({ extensions }) => extensions.some((end) => lower.endsWith(end)));
  if (format !== undefined) return format;
  throw new ImageError(
    'ERR_IMAGE_FORMAT',
    `${name}: pictures are written as ${WRITTEN.flatMap((f) => f.extensions).join(', ')}; the extension decides.`,
  );
}

/** Not every caller has a compiler that checks. */
function checkBytes(taker: string, bytes: unknown): void {
  if (ArrayBuffer.isView(bytes)) return;
  throw new ImageError(
    'ERR_IMAGE_FORMAT',
    `${taker} takes a file's bytes as a Uint8Array, but got ${describeValue(bytes)}; openImage takes other sources.`,
  );
}

function checkFile(taker: string, file: unknown): void {
  const isInParts =
    typeof file === 'object' && file !== null && 'readInto' in file && 'length' in file;
  if (!isInParts) checkBytes(taker, file);
}

function unknownFormat(bytes: Uint8Array): ImageError {
  if (bytes.length === 0) return new ImageError('ERR_IMAGE_FORMAT', 'The file is empty.');
  const names = FORMATS.map(({ name }) => name).join(', ');
  return new ImageError(
    'ERR_IMAGE_FORMAT',
    `This is ${otherFormat(bytes) ?? 'no picture'}; ${names} can be read. Convert it first.`,
  );
}
