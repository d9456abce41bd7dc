import { centerCrop, centerCropRows } from '../image/crop.js';
import { ImageError, type Picture } from '../image/picture.js';
import { checkPicture, type PictureInput } from '../image/pictureInput.js';
import { type Interpolation, resize, resizedSize } from '../image/resize/resize.js';
import { resizeRows } from '../image/resize/resizeRows.js';
import type { ResizeTarget } from '../image/resize/target.js';
import {
  type BeginRows,
  type PictureRows,
  putRows,
  RowCollector,
  type RowSink,
} from '../image/rows.js';

export interface PipelineOptions {
  /**
   * Size of the network's input: a short side, a width, both sides, or `null` for the picture's own. Default: 256.
   */
  readonly resize?: ResizeTarget | null;
  /** The filter of `resize`, and of the way back with `keepSize`. Default: `bilinear`. */
  readonly interpolation?: Interpolation;
  /** A square of so many pixels is cut out of the middle, after resizing. Default: none. */
  readonly crop?: number;
  /**
   * Whether the result gets the size of the picture again (with `crop`, of the square): many networks round sides up, to a
   * multiple of four say. Default: false.
   */
  readonly keepSize?: boolean;
}

/** A picture ready for the network, and what is needed of the original afterwards. */
export interface Prepared<S extends Picture | PictureRows = Picture> {
  readonly sized: S;
  /** The size, and the alpha, that `keepSize` gives back. */
  readonly original: WithoutPixels;
}

/** What is left of a picture without its colours. */
interface WithoutPixels {
  readonly width: number;
  readonly height: number;
  /** Of all rows, or a row of it at a time. */
  readonly alpha?: Uint8Array | ((y: number) => Uint8Array);
}

/** What is needed of a prepared picture once it has been through the network: no pixels. */
export interface Unfinished {
  readonly sized: WithoutPixels;
  readonly original: WithoutPixels;
}

/** What `finish` needs, for another thread: pixels would be copied. */
export function unfinishedOf({ sized, original }: Prepared<Picture | PictureRows>): Unfinished {
  return { sized: withoutPixels(sized), original };
}

/**
 * The first half of the way from picture to picture: resizing and cropping.
 * @throws ImageError for what is no picture, for a size or crop that is not taken, and for a picture too small for the crop.
 */
export function prepare(
  input: PictureInput,
  { resize: target = 256, crop: square, interpolation }: PipelineOptions = {},
): Prepared {
  const picture = checkPicture(input, 'translate');
  const resized = target === null ? picture : resize(target, { interpolation })(picture);
  if (square === undefined) return { sized: resized, original: withoutPixels(picture) };
  const sized = centerCrop(square)(resized);
  return { sized, original: withoutPixels(sized) };
}

/**
 * The same for a picture that comes row by row, of which nothing is held but what `prepare` gives. That a size or crop is not taken is
 * told once all rows have come: what is wrong with the picture itself comes first.
 */
export class RowPreparation<S extends Picture | PictureRows> {
  /** Of the picture as it came. */
  size: { readonly width: number; readonly height: number } = { width: 0, height: 0 };
  readonly #pipeline: PipelineOptions;
  readonly #sized: RowSink<S>;
  #alpha: Uint8Array | undefined;
  #refusal: { readonly error: unknown } | null = null;

  /** @param sized Where the rows go that the network gets. */
  constructor(pipeline: PipelineOptions, sized: RowSink<S>) {
    this.#pipeline = pipeline;
    this.#sized = sized;
  }

  /** Takes the rows. */
  readonly begin: BeginRows = (head) => {
    const { width, height, hasAlpha } = head;
    this.size = { width, height };
    try {
      const put = this.#steps()(head);
      if (!hasAlpha || !this.#keepsApart) return put;
      const whole = new Uint8Array(width * height);
      this.#alpha = whole;
      let y = 0;
      return (rgb, alpha = new Uint8Array(width)) => {
        whole.set(alpha, width * y++);
        put(rgb, alpha);
      };
    } catch (error) {
      // A disk without room for the rows will not have any later.
      if (!(error instanceof ImageError)) throw error;
      this.#refusal = { error };
      return () => undefined;
    }
  };

  /** Once all rows have come. @throws ImageError as `prepare`. */
  prepared(): Prepared<S> {
    if (this.#refusal !== null) throw this.#refusal.error;
    const sized = this.#sized.picture;
    const kept = withoutPixels(sized);
    const { crop, keepSize = false } = this.#pipeline;
    if (crop !== undefined) return { sized, original: kept };
    const alpha = this.#keepsApart ? this.#alpha : kept.alpha;
    const hasAlpha = keepSize && alpha !== undefined;
    return { sized, original: hasAlpha ? { ...this.size, alpha } : this.size };
  }

  /** Whether the alpha that is given back is not that of what the network gets. */
  get #keepsApart(): boolean {
    const { keepSize = false, crop, resize: target } = this.#pipeline;
    return keepSize && crop === undefined && target !== null;
  }

  #steps(): BeginRows {
    const { resize: target = 256, crop: square, interpolation } = this.#pipeline;
    const whole = this.#sized.begin;
    const cropped = square === undefined ? whole : centerCropRows(square, whole);
    return target === null ? cropped : resizeRows(target, { interpolation })(cropped);
  }
}

/** The size that `prepare` will make of a picture. */
export function preparedSize(
  size: { readonly width: number; readonly height: number },
  { resize: target = 256, crop: square }: PipelineOptions = {},
): { width: number; height: number } {
  if (square !== undefined) return { width: square, height: square };
  const { width, height } = size;
  return target === null ? { width, height } : resizedSize(size, target);
}

/** The second half: the original's size and its alpha, where they are wanted. */
export function finish(
  output: Picture,
  prepared: Unfinished,
  pipeline: PipelineOptions = {},
): Picture {
  if (pipeline.keepSize !== true && prepared.sized.alpha === undefined) return output;
  const rows = new RowCollector();
  putRows(output, finishRows(prepared, pipeline, rows.begin));
  return rows.picture;
}

/** The same row by row. Of what was prepared, nothing but the alpha is held. */
export function finishRows(
  { sized, original }: Unfinished,
  { keepSize = false, interpolation }: PipelineOptions,
  next: BeginRows,
): BeginRows {
  if (!keepSize) return withAlpha(sized, next);
  const size = { width: original.width, height: original.height };
  const whole = resizeRows(size, { interpolation })(withAlpha(original, next));
  // What the network added at the right and bottom belongs to no pixel of the picture; a few make less than they get.
  return croppedRows(sized, whole);
}

/** Cuts off what lies beyond a size, if something does. */
function croppedRows(
  { width: most, height: mostRows }: { readonly width: number; readonly height: number },
  next: BeginRows,
): BeginRows {
  return (head) => {
    const width = Math.min(most, head.width);
    const height = Math.min(mostRows, head.height);
    const put = next({ width, height, hasAlpha: false });
    let y = 0;
    return (rgb) => {
      if (y++ < height) put(rgb.subarray(0, 3 * width));
    };
  };
}

/** Beyond the picture that it belongs to, alpha goes on as it ends. */
function withAlpha({ width, height, alpha }: WithoutPixels, next: BeginRows): BeginRows {
  if (alpha === undefined) return next;
  const rowOf =
    alpha instanceof Uint8Array ? (y: number) => alpha.subarray(y * width, (y + 1) * width) : alpha;
  return (head) => {
    const put = next({ ...head, hasAlpha: true });
    const out = new Uint8Array(head.width);
    let y = 0;
    return (rgb) => {
      const row = rowOf(Math.min(y++, height - 1));
      for (let x = 0; x < out.length; x++) out[x] = row[Math.min(x, width - 1)];
      put(rgb, out);
    };
  };
}

function withoutPixels(picture: Picture | PictureRows): WithoutPixels {
  const { width, height } = picture;
  const alpha = 'data' in picture ? picture.alpha : alphaOf(picture);
  return alpha === undefined ? { width, height } : { width, height, alpha };
}

function alphaOf(rows: PictureRows): ((y: number) => Uint8Array) | undefined {
  return rows.hasAlpha ? (y) => rows.alphaRow(y) : undefined;
}
