import { CycleganError, ShapeError } from '../errors.js';
import type { PictureTraits, SizeRule } from '../generator/family.js';
import { checkRange } from '../generator/traitOptions.js';
import { toImage, toTensor } from '../image/convert.js';
import { crop } from '../image/crop.js';
import { extend } from '../image/extend.js';
import { toGrey } from '../image/grey.js';
import type { Picture } from '../image/picture.js';
import { resize } from '../image/resize/resize.js';
import { type ForwardOptions, Module } from '../nn/module.js';
import { describeValue } from '../tensor/describeValue.js';
import type { Shape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { noteOnOutput, type OutputNote } from './outputNote.js';

/** A network, and what its pictures are like: what `openGenerator` gives. Default: three channels, any size. */
export type PictureNetwork = Pick<PictureTraits, 'inputRange' | 'outputRange' | 'channelOrder'> &
  Partial<Pick<PictureTraits, 'inputChannels' | 'outputChannels' | 'sizeRule' | 'residual'>> & {
    readonly module: Module;
  };

interface Size {
  readonly width: number;
  readonly height: number;
}

export interface GenerateOptions extends ForwardOptions {
  /** Called when what the network made hints at a wrong picture. */
  readonly onNote?: (note: OutputNote) => void;
}

const ANY_SIZE: SizeRule = { multipleOf: 1, roundsUpTo: 1 };

/** A module says for itself, if it does, which values it was trained with; all else is as in the book. */
export function pictureNetwork(network: Module | PictureNetwork): PictureNetwork {
  if (!(network instanceof Module)) {
    if (network?.module instanceof Module) return checkedTraits(network);
    throw new ShapeError(
      `translate takes a network: a module, or what openGenerator gives, but got ${describeValue(network)}.`,
    );
  }
  const { inputRange = [0, 1] }: Module & Partial<PictureTraits> = network;
  return { module: network, inputRange, outputRange: [-1, 1], channelOrder: 'rgb' };
}

/** Not every caller has a compiler that checks. */
function checkedTraits(network: PictureNetwork): PictureNetwork {
  const { inputRange, outputRange, sizeRule = ANY_SIZE } = network;
  for (const range of [inputRange, outputRange]) checkRange(range);
  if (Number.isInteger(sizeRule?.multipleOf) && sizeRule.multipleOf > 0) return network;
  throw new ShapeError(
    `translate: sizeRule is an object with multipleOf, a whole number from 1 up, but got ${describeValue(sizeRule)}.`,
  );
}

/** Why a network takes or makes no pictures, such as one that wants a map of labels; `null` where it does both. */
export function channelProblem({
  inputChannels = 3,
  outputChannels = 3,
}: PictureNetwork): string | null {
  const fits = (channels: number) => channels === 3 || channels === 1;
  if (fits(inputChannels) && fits(outputChannels)) return null;
  return `This generator turns ${inputChannels} ${inputChannels === 1 ? 'channel' : 'channels'} into ${outputChannels}, but a picture has 3 (red, green, blue), or 1 where it is grey. The library runs it on tensors (openGenerator, then module.forward).`;
}

/**
 * The size that a picture is padded to: its sides become multiples of what the network takes. One that takes a single size gets
 * pictures that were resized to it.
 */
export function networkSize(
  { width, height }: Size,
  { sizeRule: { multipleOf, exactly } = ANY_SIZE }: PictureNetwork,
): { width: number; height: number } {
  if (exactly !== undefined) return { width: exactly, height: exactly };
  const padded = (side: number) => Math.ceil(side / multipleOf) * multipleOf;
  return { width: padded(width), height: padded(height) };
}

/** `[1, C, H, W]` of what a network gets of a picture. */
export function networkInputShape(size: Size, network: PictureNetwork): Shape {
  const { width, height } = networkSize(size, network);
  return [1, network.inputChannels ?? 3, height, width];
}

/**
 * What a network gets of a picture: `[1, C, H, W]` in its own range and order of channels, padded at right and bottom where
 * it does not take sides of any length, or resized where it takes a single size.
 * @throws ShapeError for a network of other channels than pictures have.
 */
export function networkInput(picture: Picture, network: PictureNetwork): Tensor {
  const problem = channelProblem(network);
  if (problem !== null) throw new ShapeError(problem);
  const {
    inputRange: [low, high],
    inputChannels = 3,
    channelOrder,
  } = network;
  const size = networkSize(picture, network);
  const fitted = isFixed(network) ? resize(size)(picture) : extend(picture, size);
  const input =
    inputChannels === 1 ? greyTensor(fitted) : toTensor()(ordered(fitted, channelOrder));
  const batch = input.unsqueeze(0);
  if (low === 0 && high === 1) return batch;
  // For [−1, 1], bit for bit what torchvision's Normalize makes with mean and deviation 0.5.
  const scale = high - low;
  const shift = Math.fround(low / scale);
  mapInPlace(batch, (value) => Math.fround(value + shift) * Math.fround(scale));
  return batch;
}

/** Elements of a tensor of ours: what a large picture is as floats, there is no second time. */
function mapInPlace({ data }: Tensor, map: (value: number) => number): void {
  for (let i = 0; i < data.length; i++) data[i] = map(data[i]);
}

/** `[1, H, W]`, as `ToTensor` makes it of Pillow's `convert('L')`. */
function greyTensor(picture: Picture): Tensor {
  const { width, height } = picture;
  const plane = toTensor()(toGrey(picture)).data.slice(0, width * height);
  return new Tensor(plane, [1, height, width]);
}

/**
 * Through the network: floats in its range on the way in, and from its range back to bytes. What was padded is cut off again,
 * what was resized gets its size back; else the output is as large as the network makes it.
 * @throws CycleganError `ERR_NAN` where the network gives what is no number, of which bytes would be black.
 */
export async function generate(
  picture: Picture,
  network: PictureNetwork,
  { onNote, ...options }: GenerateOptions = {},
): Promise<Picture> {
  const input = networkInput(picture, network);
  const output = await network.module.forward(input, options);
  refuseNaN(output);
  const note = onNote === undefined ? null : noteOnOutput(input, output, network);
  if (note !== null) onNote?.(note);
  const [low, high] = network.outputRange;
  if (low !== 0 || high !== 1) {
    // In float32, as PyTorch does.
    mapInPlace(output, (value) => Math.fround(value - Math.fround(low)) / Math.fround(high - low));
  }
  const bytes = toImage(output.squeeze(0));
  const made = ordered(bytes, network.channelOrder);
  if (isFixed(network)) return resize({ width: picture.width, height: picture.height })(made);
  if ((network.sizeRule ?? ANY_SIZE).multipleOf === 1) return made;
  return crop(made, { left: 0, top: 0, width: picture.width, height: picture.height });
}

function refuseNaN({ data, size }: Tensor): void {
  let count = 0;
  for (const value of data) if (Number.isNaN(value)) count++;
  if (count === 0) return;
  throw new CycleganError(
    'ERR_NAN',
    `The network gave no number (NaN) for ${count} of ${size} values, of which no picture can be made: its weights are damaged, or their training has diverged. "cyclegan inspect FILE --stats" (in code: inspectWeights with { stats: true }) shows which of them are no numbers.`,
  );
}

/** Whether the network takes pictures of one size alone. */
function isFixed({ sizeRule = ANY_SIZE }: PictureNetwork): boolean {
  return sizeRule.exactly !== undefined;
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
