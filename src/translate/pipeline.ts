import { centerCrop, crop } from '../image/crop.js';
import type { Picture } from '../image/picture.js';
import { checkPicture, type PictureInput } from '../image/pictureInput.js';
import { type Interpolation, resize, resizedSize } from '../image/resize/resize.js';
import type { ResizeTarget } from '../image/resize/target.js';

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
export interface Prepared {
  readonly sized: Picture;
  /** The size, and the alpha, that `keepSize` gives back. */
  readonly original: {
    readonly width: number;
    readonly height: number;
    readonly alpha?: Uint8Array;
  };
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
  { sized, original }: Prepared,
  { keepSize = false, interpolation }: PipelineOptions = {},
): Picture {
  if (!keepSize) return withAlpha(output, sized.alpha, sized);
  // What the network added at the right and bottom belongs to no pixel of the picture; a few make less than they get.
  const part = {
    left: 0,
    top: 0,
    width: Math.min(sized.width, output.width),
    height: Math.min(sized.height, output.height),
  };
  const own = crop(output, part);
  const { width, height, alpha } = original;
  const isWhole = width === own.width && height === own.height;
  const whole = isWhole ? own : resize({ width, height }, { interpolation })(own);
  return alpha === undefined ? whole : { ...whole, alpha };
}

/** Beyond the picture that it belongs to, alpha goes on as it ends. */
function withAlpha(
  picture: Picture,
  alpha: Uint8Array | undefined,
  from: { readonly width: number; readonly height: number },
): Picture {
  if (alpha === undefined) return picture;
  const { width, height, data } = picture;
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.min(y, from.height - 1) * from.width;
    for (let x = 0; x < width; x++) out[y * width + x] = alpha[row + Math.min(x, from.width - 1)];
  }
  return { width, height, data, alpha: out };
}

function withoutPixels({ width, height, alpha }: Picture): Prepared['original'] {
  return alpha === undefined ? { width, height } : { width, height, alpha };
}
