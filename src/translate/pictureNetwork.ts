import { ShapeError } from '../errors.js';
import type { PictureTraits, SizeRule } from '../generator/family.js';
import { checkRange } from '../generator/traitOptions.js';
import { Module } from '../nn/module.js';
import { describeValue } from '../tensor/describeValue.js';
import type { Shape } from '../tensor/shape.js';

/** A network, and what its pictures are like: what `openGenerator` gives. Default: three channels, any size. */
export type PictureNetwork = Pick<PictureTraits, 'inputRange' | 'outputRange' | 'channelOrder'> &
  Partial<Pick<PictureTraits, 'inputChannels' | 'outputChannels' | 'sizeRule' | 'residual'>> & {
    readonly module: Module;
  };

interface Size {
  readonly width: number;
  readonly height: number;
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
}: Pick<PictureNetwork, 'inputChannels' | 'outputChannels'>): string | null {
  const fits = (channels: number) => channels === 3 || channels === 1;
  if (fits(inputChannels) && fits(outputChannels)) return null;
  const colours =
    inputChannels === 1 && outputChannels === 2
      ? ' Two that are made of a grey one are its colours as a rule, a and b of Lab, which are yet to be joined with the lightness.'
      : '';
  return `This generator turns ${inputChannels} ${inputChannels === 1 ? 'channel' : 'channels'} into ${outputChannels}, but a picture has 3 (red, green, blue), or 1 where it is grey.${colours} The library runs it on tensors (openGenerator, then module.forward).`;
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

/** Whether the network takes pictures of one size alone. */
export function isFixed({ sizeRule = ANY_SIZE }: PictureNetwork): boolean {
  return sizeRule.exactly !== undefined;
}

/** Whether pictures go in as they are. */
export function takesAnySize({ sizeRule = ANY_SIZE }: PictureNetwork): boolean {
  return sizeRule.exactly === undefined && sizeRule.multipleOf === 1;
}
