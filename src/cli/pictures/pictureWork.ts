import {
  encodeImage,
  imageSize,
  isReadInParts,
  loadDecoder,
  loadEncoder,
  MAX_IMAGE_BYTES,
} from '../../image/formats.js';
import type { DecodeNote } from '../../image/note.js';
import { ImageError, type Picture } from '../../image/picture.js';
import type { PictureFile } from '../../image/pictureFile.js';
import {
  type BeginRows,
  type PictureRows,
  putRows,
  RowCollector,
  type RowSink,
  type RowWriter,
} from '../../image/rows.js';
import { isWebAddress } from '../../platform/address.js';
import { type ByteInputOptions, readBytes } from '../../platform/byteInput.js';
import { MAX_STREAM_BYTES, openFile } from '../../platform/byteSource.js';
import { tooLong } from '../../platform/fileError.js';
import { readFileBytes } from '../../platform/files.js';
import { randomBytesOf } from '../../platform/randomBytes.js';
import type { PictureSettings } from '../../translate/options/pictureOptions.js';
import { finishRows, preparedSize, type Unfinished } from '../../translate/pipeline.js';
import { type PreparedBytes, prepareRows } from '../../translate/prepareBytes.js';
import { shownName } from '../addresses.js';
import { outputFile } from './outputFile.js';

/** What happens to every picture of a run alike. */
export interface PictureOptions extends PictureSettings {
  /** See `setMaxPixels`; `undefined`: as usual. */
  readonly maxPixels: number | undefined;
  /** Whether small JPEGs are made for the gallery. */
  readonly gallery: boolean;
}

/** A picture ready for the network, which is in memory or read row by row. */
export interface OpenedRows<S extends Picture | PictureRows> extends PreparedBytes<S> {
  /** What the decoder had to tell. */
  readonly notes: readonly DecodeNote[];
}

export interface Opened extends OpenedRows<Picture> {
  readonly milliseconds: number;
  /** What the network saw, for the gallery. */
  readonly before: Uint8Array | null;
}

export interface Saved {
  readonly size: readonly [width: number, height: number];
  readonly bytes: number;
  /** Of the file, in hexadecimal. */
  readonly sha256: string;
  readonly milliseconds: number;
  readonly after: Uint8Array | null;
}

export interface Target {
  readonly path: string;
  /** Whether a file that is there may be replaced. */
  readonly replace: boolean;
}

const GALLERY_QUALITY = 90;
/**
 * A header may lie, and memory is taken for what it says: some 160 MB at this size. Of a larger picture, the run takes
 * so long that nothing is gained.
 */
const MAX_EXPECTED_PIXELS = 512 * 512;

/**
 * File, or address, to network; a pipe could keep a whole run waiting.
 * @throws ImageError, FileError or DownloadError, naming the file.
 */
export async function openPicture(path: string, options: PictureOptions): Promise<Opened> {
  const begin = performance.now();
  const file = await openPictureFile(path, { regular: true });
  await loadDecoder(file);
  return openBytes(file, shownName(path), options, begin);
}

/** A larger file is not read as a whole, where its format can do without. */
const MAX_HELD_BYTES = 2 ** 24;

/** The same to be decoded: a large file is read in blocks as it is. */
export async function openPictureFile(
  path: string,
  options: ByteInputOptions & { readonly regular?: boolean } = {},
): Promise<PictureFile> {
  if (isWebAddress(path)) return readPicture(path, options);
  const source = await openFile(path, options);
  const inBlocks = source.size > MAX_HELD_BYTES ? randomBytesOf(source) : null;
  const isTooLong = source.size > MAX_STREAM_BYTES;
  if (isTooLong && (inBlocks === null || !isReadInParts(inBlocks))) {
    throw tooLong(path, MAX_STREAM_BYTES);
  }
  return inBlocks ?? source.read(0, source.size);
}

/**
 * The bytes of a file, or of what an address gives, within a limit.
 * @param options `regular`: whether only a regular file will do.
 */
export function readPicture(
  path: string,
  options: ByteInputOptions & { readonly regular?: boolean } = {},
): Promise<Uint8Array> {
  if (!isWebAddress(path)) return readFileBytes(path, options);
  return readBytes(path, { ...options, maxBytes: MAX_IMAGE_BYTES });
}

/** The same from a file. @param name What the picture is called in messages. */
export function openBytes(
  bytes: PictureFile,
  name: string,
  options: PictureOptions,
  begin = performance.now(),
): Opened {
  const opened = openRows(bytes, name, options, new RowCollector());
  const before = options.gallery ? forGallery(opened.prepared.sized) : null;
  return { ...opened, before, milliseconds: performance.now() - begin };
}

/** The same wherever its rows go. */
export function openRows<S extends Picture | PictureRows>(
  bytes: PictureFile,
  name: string,
  { decode, pipeline }: PictureSettings,
  sized: RowSink<S>,
): OpenedRows<S> {
  return named(name, () => {
    const notes: DecodeNote[] = [];
    const options = { ...decode, onNote: (note: DecodeNote) => notes.push(note) };
    return { ...prepareRows(bytes, options, pipeline, sized), notes };
  });
}

/**
 * The size in which a picture that is not decoded yet will come to the network; `null` when its header does not tell, or tells
 * of more pixels than are worth preparing for on its word alone.
 */
export function expectedSize(
  bytes: PictureFile,
  name: string,
  { decode, pipeline }: PictureOptions,
): { readonly width: number; readonly height: number } | null {
  return named(name, () => {
    const size = imageSize(bytes, decode);
    if (size === null) return null;
    const { width, height } = preparedSize(size, pipeline);
    // A damaged header may tell of no pixels, or of fewer: that is for the decoder to refuse.
    const isWorth = width >= 1 && height >= 1 && width * height <= MAX_EXPECTED_PIXELS;
    return isWorth ? { width, height } : null;
  });
}

/** What is wrong with a picture is told with its name. */
export function named<T>(name: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new ImageError(error.code, `${name}: ${error.message}`, { cause: error });
  }
}

/** Network to file, as a whole or not at all. @throws FileError when it cannot be written. */
export async function savePicture(
  output: Picture,
  prepared: Unfinished,
  target: Target,
  options: PictureOptions,
): Promise<Saved> {
  const begin = performance.now();
  await loadEncoder(target.path);
  const { path, replace } = target;
  const file = await outputFile(path, replace, { encodedAs: path, quality: options.quality });
  try {
    const writer = new ResultWriter(prepared, options, file.writer);
    putRows(output, writer.begin);
    const size = writer.end();
    const written = await file.publish(true);
    const milliseconds = performance.now() - begin;
    return { size, ...written, milliseconds, after: options.gallery ? forGallery(output) : null };
  } finally {
    file.discard();
  }
}

/** What a network makes, finished and given on as its rows come. */
export class ResultWriter {
  /** Takes the rows. */
  readonly begin: BeginRows;
  readonly #writer: RowWriter;
  #size: Saved['size'] = [0, 0];

  constructor(prepared: Unfinished, { pipeline }: PictureOptions, writer: RowWriter) {
    this.#writer = writer;
    this.begin = finishRows(prepared, pipeline, (head) => {
      this.#size = [head.width, head.height];
      return writer.begin(head);
    });
  }

  /** Once all rows have come. @returns The picture's size. */
  end(): Saved['size'] {
    this.#writer.end();
    return this.#size;
  }
}

function forGallery(picture: Picture): Uint8Array {
  return encodeImage(picture, 'gallery.jpg', { quality: GALLERY_QUALITY });
}
