import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, MisfitError } from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';

/** The key by which generators of gan-compression are found, as all of the CycleGAN authors' layout. */
export const ANCHOR: Anchor = {
  key: 'model.1.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 7,
};

const SEPARABLE = /(^|\.)model\.\d+\.conv_block\.\d+\.conv\.0\.weight$/;
const BLOCK = /^model\.(\d+)\.conv_block\.\d+\.conv\./;
const FIRST_BLOCK = 10;

export function hasSeparableBlocks(tensors: ReadonlyMap<string, Shaped>): boolean {
  return hasAnchor(tensors, ANCHOR) && [...tensors.keys()].some((key) => SEPARABLE.test(key));
}

export interface SeparableBlocks {
  readonly nBlocks: number;
  readonly paddingType: 'reflect' | 'zero';
  /** Channels within each block, between its two convolutions. */
  readonly hidden: readonly number[];
}

/**
 * Reads the residual blocks off their keys: with zero padding, the first convolution of each is its first layer.
 * @throws MisfitError when there are none.
 */
export function blocksOf(tensors: ReadonlyMap<string, Shaped>): SeparableBlocks {
  const nBlocks = countIndices(tensors, BLOCK);
  if (nBlocks === 0) {
    const key = `model.${FIRST_BLOCK}.conv_block.1.conv.0.weight`;
    throw new MisfitError(key, 'it has no residual blocks');
  }
  const isZero = tensors.has(`model.${FIRST_BLOCK}.conv_block.0.conv.0.weight`);
  const pointwise = (i: number) =>
    `model.${FIRST_BLOCK + i}.conv_block.${isZero ? 0 : 1}.conv.2.weight`;
  return {
    nBlocks,
    paddingType: isZero ? 'zero' : 'reflect',
    hidden: Array.from(
      { length: nBlocks },
      (_, i) => convolutionAt(tensors, pointwise(i), 1).first,
    ),
  };
}
