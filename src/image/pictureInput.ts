import { checkPictureSize, ImageError, type Picture } from './picture.js';

/**
 * Pixels in memory, told apart by the length of `data`: RGB, width · height · 3 bytes, as in a `Picture`; or RGBA,
 * width · height · 4, as in the `ImageData` of a page.
 */
export interface PixelData {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
  /** Beside RGB: how opaque each pixel is, width · height bytes. */
  readonly alpha?: Uint8Array | Uint8ClampedArray;
}

/** An `HTMLCanvasElement` or `OffscreenCanvas`, or one of a package for Node. */
export interface CanvasLike {
  readonly width: number;
  readonly height: number;
  // Two overloads would not do: each kind of canvas has its own types of contexts.
  getContext(kind: '2d'): unknown;
}

/** An `ImageBitmap`. */
export interface BitmapLike {
  readonly width: number;
  readonly height: number;
  close(): void;
}

/**
 * What functions that take a picture take. Of RGBA, canvases and bitmaps, alpha is kept as `Picture.alpha`, unless every
 * pixel is opaque; colours are those of the pixels as if they were opaque (not premultiplied), in sRGB.
 */
export type PictureInput = PixelData | CanvasLike | BitmapLike;

/**
 * The picture that was meant; a `Picture` whose lengths are right comes back with the same bytes.
 *
 * @param caller The function that was called, for messages.
 * @throws ImageError `ERR_PICTURE` for what is no picture, or has not as many bytes as its size asks for;
 * `ERR_IMAGE_SIZE` for no pixels, or for more than any photograph has; `ERR_NO_CANVAS` for a bitmap where there is no canvas.
 */
export function checkPicture(input: PictureInput, caller: string): Picture {
  const given: unknown = input;
  if (typeof given !== 'object' || given === null) throw notTaken(given, caller);
  if (isCanvas(given)) return fromPixels(pixelsOfCanvas(given, caller), caller);
  if (isBitmap(given)) return fromPixels(pixelsOfBitmap(given, caller), caller);
  if (!('data' in given && 'width' in given)) throw notTaken(given, caller);
  return fromPixels(given as PixelData, caller);
}

/** An object of this or another realm, or of a package, by what it can do and not by its class. */
function isCanvas(value: object): value is CanvasLike {
  return 'getContext' in value && typeof value.getContext === 'function';
}

function isBitmap(value: object): value is BitmapLike {
  return nameOf(value) === 'ImageBitmap';
}

function fromPixels(pixels: PixelData, caller: string): Picture {
  const { width, height } = pixels;
  checkSize(width, height, caller);
  const data = bytesOf(pixels.data, 'data', caller);
  const count = width * height;
  if (data.length === 4 * count) {
    if ((pixels as { colorSpace?: unknown }).colorSpace === 'display-p3') {
      throw pictureError(
        caller,
        "the colours are of Display P3; ask for { colorSpace: 'srgb' } where the ImageData is made",
      );
    }
    return fromRgba(width, height, data);
  }
  if (data.length !== 3 * count) {
    throw pictureError(
      caller,
      `a picture of ${width} x ${height} pixels has ${3 * count} bytes of data (RGB) or ${4 * count} (RGBA), but this one has ${data.length}`,
    );
  }
  if (pixels.alpha === undefined) {
    // Nothing is made where nothing has to be: this stands before every step.
    return data === pixels.data ? (pixels as Picture) : { width, height, data };
  }
  const alpha = bytesOf(pixels.alpha, 'alpha', caller);
  if (alpha.length !== count) {
    throw pictureError(
      caller,
      `the alpha of ${width} x ${height} pixels has ${count} bytes, but this one has ${alpha.length}`,
    );
  }
  const same = data === pixels.data && alpha === pixels.alpha;
  return same ? (pixels as Picture) : { width, height, data, alpha };
}

function fromRgba(width: number, height: number, rgba: Uint8Array): Picture {
  const count = width * height;
  const data = new Uint8Array(3 * count);
  const alpha = new Uint8Array(count);
  let opaque = true;
  for (let i = 0; i < count; i++) {
    data[3 * i] = rgba[4 * i];
    data[3 * i + 1] = rgba[4 * i + 1];
    data[3 * i + 2] = rgba[4 * i + 2];
    alpha[i] = rgba[4 * i + 3];
    opaque &&= alpha[i] === 255;
  }
  return opaque ? { width, height, data } : { width, height, data, alpha };
}

function checkSize(width: unknown, height: unknown, caller: string): void {
  for (const side of [width, height]) {
    if (typeof side === 'number' && Number.isInteger(side)) continue;
    const found = typeof side === 'string' ? `"${side}"` : String(side);
    throw pictureError(caller, `width and height must be whole numbers, but one is ${found}`);
  }
  checkPictureSize(Number(width), Number(height), `${caller}: a picture`);
}

/** As a `Uint8Array` of the same memory, and no subclass: `slice` of Node's `Buffer` is another. */
function bytesOf(values: unknown, name: string, caller: string): Uint8Array {
  if (values instanceof Uint8Array && values.constructor === Uint8Array) return values;
  const kind = nameOf(values);
  if (ArrayBuffer.isView(values) && (kind === 'Uint8Array' || kind === 'Uint8ClampedArray')) {
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  }
  throw pictureError(
    caller,
    `${name} must be a Uint8Array or Uint8ClampedArray of bytes from 0 to 255, but is ${kind}`,
  );
}

// What pages have, as far as it is used here: their types may not be there.

interface Pixels {
  getImageData(
    x: number,
    y: number,
    width: number,
    height: number,
    settings: { colorSpace: 'srgb' },
  ): PixelData;
}

interface Drawing extends Pixels {
  drawImage(image: unknown, x: number, y: number): void;
}

interface Page {
  readonly OffscreenCanvas?: new (width: number, height: number) => CanvasLike;
  readonly document?: { createElement(name: 'canvas'): { width: number; height: number } };
}

function pixelsOfCanvas(canvas: CanvasLike, caller: string): PixelData {
  const { width, height } = canvas;
  checkSize(width, height, caller);
  const context = canvas.getContext('2d') as Pixels | null;
  // One that WebGL draws on has no other context.
  return context === null ? drawn(canvas, caller) : read(context, width, height, caller);
}

function pixelsOfBitmap(bitmap: BitmapLike, caller: string): PixelData {
  checkSize(bitmap.width, bitmap.height, caller);
  return drawn(bitmap, caller);
}

/** By way of a canvas of its own. */
function drawn(image: CanvasLike | BitmapLike, caller: string): PixelData {
  const { width, height } = image;
  const context = scratchCanvas(width, height)?.getContext('2d') as Drawing | null | undefined;
  if (context === null || context === undefined) {
    throw new ImageError(
      'ERR_NO_CANVAS',
      `${caller}: there is no canvas here to draw the ${nameOf(image)} on; pass its pixels: { width, height, data }.`,
    );
  }
  context.drawImage(image, 0, 0);
  return read(context, width, height, caller);
}

function scratchCanvas(width: number, height: number): CanvasLike | null {
  const { OffscreenCanvas: Canvas, document } = globalThis as Page;
  if (Canvas !== undefined) return new Canvas(width, height);
  if (document === undefined) return null;
  return Object.assign(document.createElement('canvas'), { width, height }) as CanvasLike;
}

function read(context: Pixels, width: number, height: number, caller: string): PixelData {
  try {
    return context.getImageData(0, 0, width, height, { colorSpace: 'srgb' });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw pictureError(
      caller,
      `the canvas does not give its pixels (${reason}); what was drawn on it may come from another site`,
      error,
    );
  }
}

/** What is passed by mistake, and what to do with it. */
const HINTS: readonly (readonly [kind: RegExp, hint: string])[] = [
  [/^Promise$/, '; await it'],
  [/^(HTML|SVG)\w*Element$|^VideoFrame$/, '; await createImageBitmap(…) makes a bitmap of it'],
  [/^the text|Array$|^ArrayBuffer$|^(Blob|File|Response)$/, '; openImage reads files'],
];

function notTaken(given: unknown, caller: string): ImageError {
  const kind = typeof given === 'string' ? `the text "${given.slice(0, 60)}"` : nameOf(given);
  const hint = HINTS.find(([pattern]) => pattern.test(kind))?.[1] ?? '';
  return pictureError(
    caller,
    `a picture is { width, height, data }, an ImageData, a canvas or an ImageBitmap, but this is ${kind}${hint}`,
  );
}

function nameOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

function pictureError(caller: string, problem: string, cause?: unknown): ImageError {
  return new ImageError('ERR_PICTURE', `${caller}: ${problem}.`, { cause });
}
