import { toImage, toTensor } from '../image/convert.js';
import { centerCrop, crop } from '../image/crop.js';
import type { Picture } from '../image/picture.js';
import { checkPicture, type PictureInput } from '../image/pictureInput.js';
import { resize, resizedSize } from '../image/resize/resize.js';
import type { ResizeTarget } from '../image/resize/target.js';
import type { ForwardOptions, Module } from '../nn/module.js';
import type { Tensor } from '../tensor/tensor.js';

export interface PipelineOptions {
  /**
   * Size of the network's input: a short side, a width, both sides, or `null` for the picture's own. Default: 256.
   */
  readonly resize?: ResizeTarget | null;
  /** A square of so many pixels is cut out of the middle, after resizing. Default: none. */
  readonly crop?: number;
  /**
   * Whether the result gets the size of the picture again (with `crop`, of the square): the network rounds sides up
   * to a multiple of four. Default: false.
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
  { resize: target = 256, crop: square }: PipelineOptions = {},
): Prepared {
  const picture = checkPicture(input, 'translate');
  const resized = target === null ? picture : resize(target)(picture);
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

/** A network that says which values its input has; others take [0, 1]. */
type PictureNetwork = Module & { readonly inputRange?: readonly [low: number, high: number] };

/** What a network gets of a picture: `[1, 3, H, W]` in its own range. */
export function networkInput(picture: Picture, { inputRange = [0, 1] }: PictureNetwork): Tensor {
  const input = toTensor()(picture).unsqueeze(0);
  const [low, high] = inputRange;
  if (low === 0 && high === 1) return input;
  // As torchvision's Normalize has it: with mean and deviation 0.5 for [−1, 1].
  const deviation = 1 / (high - low);
  return input.sub(-low * deviation).div(deviation);
}

/** Through the network: floats in its range on the way in, and from [−1, 1] back to bytes. */
export async function generate(
  picture: Picture,
  netG: PictureNetwork,
  options: ForwardOptions = {},
): Promise<Picture> {
  const output = await netG.forward(networkInput(picture, netG), options);
  return toImage(output.squeeze(0).add(1).div(2));
}

/** The second half: the original's size and its alpha, where they are wanted. */
export function finish(
  output: Picture,
  { sized, original }: Prepared,
  { keepSize = false }: PipelineOptions = {},
): Picture {
  if (!keepSize) return withAlpha(output, sized.alpha, sized);
  // What the network added at the right and bottom belongs to no pixel of the picture.
  const part = { left: 0, top: 0, width: sized.width, height: sized.height };
  const own = crop(output, part);
  const { width, height, alpha } = original;
  const whole = width === own.width && height === own.height ? own : resize({ width, height })(own);
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
