import type { PictureTraits } from '../generator/family.js';
import { toImage, toTensor } from '../image/convert.js';
import { centerCrop, crop } from '../image/crop.js';
import type { Picture } from '../image/picture.js';
import { checkPicture, type PictureInput } from '../image/pictureInput.js';
import { type Interpolation, resize, resizedSize } from '../image/resize/resize.js';
import type { ResizeTarget } from '../image/resize/target.js';
import { type ForwardOptions, Module } from '../nn/module.js';
import type { Tensor } from '../tensor/tensor.js';

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

/** A network, and what its pictures are like: what `openGenerator` gives. */
export type PictureNetwork = Pick<PictureTraits, 'inputRange' | 'outputRange' | 'channelOrder'> & {
  readonly module: Module;
};

/** A module says for itself, if it does, which values it was trained with; all else is as in the book. */
export function pictureNetwork(network: Module | PictureNetwork): PictureNetwork {
  if (!(network instanceof Module)) return network;
  const { inputRange = [0, 1] }: Module & Partial<PictureTraits> = network;
  return { module: network, inputRange, outputRange: [-1, 1], channelOrder: 'rgb' };
}

/** What a network gets of a picture: `[1, 3, H, W]` in its own range and order of channels. */
export function networkInput(
  picture: Picture,
  { inputRange: [low, high], channelOrder }: PictureNetwork,
): Tensor {
  const input = toTensor()(ordered(picture, channelOrder)).unsqueeze(0);
  if (low === 0 && high === 1) return input;
  // For [−1, 1], bit for bit what torchvision's Normalize makes with mean and deviation 0.5.
  const scale = high - low;
  return input.add(low / scale).mul(scale);
}

/** Through the network: floats in its range on the way in, and from its range back to bytes. */
export async function generate(
  picture: Picture,
  network: PictureNetwork,
  options: ForwardOptions = {},
): Promise<Picture> {
  const output = await network.module.forward(networkInput(picture, network), options);
  const [low, high] = network.outputRange;
  const made = toImage(
    output
      .squeeze(0)
      .sub(low)
      .div(high - low),
  );
  return ordered(made, network.channelOrder);
}

/** Red and blue change places for networks that were trained with OpenCV's order. */
function ordered(picture: Picture, order: PictureTraits['channelOrder']): Picture {
  if (order === 'rgb') return picture;
  const data = picture.data.slice();
  for (let i = 0; i < data.length; i += 3) {
    data[i] = picture.data[i + 2];
    data[i + 2] = picture.data[i];
  }
  return { ...picture, data };
}

/** The second half: the original's size and its alpha, where they are wanted. */
export function finish(
  output: Picture,
  { sized, original }: Prepared,
  { keepSize = false, interpolation }: PipelineOptions = {},
): Picture {
  if (!keepSize) return withAlpha(output, sized.alpha, sized);
  // What the network added at the right and bottom belongs to no pixel of the picture.
  const part = { left: 0, top: 0, width: sized.width, height: sized.height };
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
