import { crop } from '../../image/crop.js';
import { ImageError, type Picture } from '../../image/picture.js';
import { resize } from '../../image/resize/resize.js';
import { below } from '../random/draws.js';

/** How pictures come to their size, by the names of the CycleGAN authors' script. */
export const PREPROCESS = [
  'resize_and_crop',
  'crop',
  'scale_width',
  'scale_width_and_crop',
  'none',
] as const;

export type Preprocess = (typeof PREPROCESS)[number];

export interface TransformOptions {
  readonly preprocess: Preprocess;
  /** Side, or width, that pictures are resized to. */
  readonly loadSize: number;
  /** Side of the square that is cut out. */
  readonly cropSize: number;
  /** Whether pictures are never mirrored. */
  readonly noFlip: boolean;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Generators halve and double pictures twice. */
const MULTIPLE = 4;

/**
 * A picture as one iteration sees it: resized (bicubic, as Pillow does), a random square cut out of it, mirrored every other
 * time.
 *
 * @param draws Numbers in [0, 1): for the square's top and left edge, and for mirroring.
 * @throws ImageError `ERR_CROP` where the square does not fit into the picture.
 * @see junyanz/pytorch-CycleGAN-and-pix2pix, data/base_dataset.py, get_transform
 */
export function transform(
  picture: Picture,
  options: TransformOptions,
  draws: readonly number[],
): Picture {
  const { cropSize, noFlip } = options;
  const resized = resize(resizedSize(picture, options), { interpolation: 'bicubic' })(picture);
  const { width, height } = transformedSize(picture, options);
  const top = below(resized.height - cropSize + 1, draws[0]);
  const left = below(resized.width - cropSize + 1, draws[1]);
  const part = crops(options) ? { top, left, width, height } : { top: 0, left: 0, width, height };
  const cut = crop(resized, part);
  return !noFlip && draws[2] < 0.5 ? mirrored(cut) : cut;
}

/**
 * The size that `transform` gives.
 * @throws ImageError `ERR_CROP` where the square does not fit into the picture.
 */
export function transformedSize(size: Size, options: TransformOptions): Size {
  const resized = resizedSize(size, options);
  if (!crops(options)) return resized;
  const { cropSize } = options;
  if (resized.width < cropSize || resized.height < cropSize) {
    throw new ImageError(
      'ERR_CROP',
      `A square of ${cropSize} pixels cannot be cut out of ${resized.width} x ${resized.height}; crop less, or let pictures be resized first (resize_and_crop).`,
    );
  }
  return { width: cropSize, height: cropSize };
}

function crops({ preprocess }: TransformOptions): boolean {
  return preprocess.includes('crop');
}

function resizedSize(
  { width, height }: Size,
  { preprocess, loadSize, cropSize }: TransformOptions,
): Size {
  switch (preprocess) {
    case 'resize_and_crop':
      return { width: loadSize, height: loadSize };
    case 'crop':
      return { width, height };
    case 'scale_width':
    case 'scale_width_and_crop': {
      if (width === loadSize && height >= cropSize) return { width, height };
      const following = Math.trunc(Math.max((loadSize * height) / width, cropSize));
      return { width: loadSize, height: following };
    }
    case 'none':
      return { width: nearestMultiple(width), height: nearestMultiple(height) };
  }
}

/** Python rounds halves to the even number. */
function nearestMultiple(side: number): number {
  const times = side / MULTIPLE;
  const low = Math.floor(times);
  const isHalf = times - low === 0.5;
  const rounded = isHalf ? low + (low % 2) : Math.round(times);
  return Math.max(1, rounded) * MULTIPLE;
}

function mirrored({ width, height, data }: Picture): Picture {
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = 3 * (y * width + x);
      const to = 3 * (y * width + width - 1 - x);
      out[to] = data[from];
      out[to + 1] = data[from + 1];
      out[to + 2] = data[from + 2];
    }
  }
  return { width, height, data: out };
}
