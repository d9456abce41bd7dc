import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, USUAL_TRAITS } from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { TransformerNetwork } from './transformerNetwork.js';

/** What a file tells of rrmina's style network. */
export type TransformerNetworkConfig = {
  readonly width: number;
  readonly nBlocks: number;
};

const ANCHOR: Anchor = {
  key: 'ConvBlock.0.conv_layer.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 9,
};
const BLOCK = /^ResidualBlock\.(\d+)\./;

/** Style networks of rrmina's, without a last activation. */
export const transformerNetworkFamily: Family<TransformerNetworkConfig, TransformerNetwork> = {
  name: 'rrmina-style',
  title: 'a fast-neural-style TransformerNetwork (rrmina)',
  repository: 'rrmina/fast-neural-style-pytorch',
  className: 'TransformerNetwork',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ width, nBlocks }) => new TransformerNetwork(width, nBlocks),
  describe: ({ width, nBlocks }) =>
    `TransformerNetwork(${width}, ${nBlocks}), affine instance norm`,
  traits: () => ({
    ...USUAL_TRAITS,
    inputRange: [0, 255],
    outputRange: [0, 255],
    channelOrder: 'bgr',
  }),
};

function infer(tensors: ReadonlyMap<string, Shaped>): TransformerNetworkConfig {
  const { first } = convolutionAt(tensors, ANCHOR.key, 9);
  return { width: first, nBlocks: countIndices(tensors, BLOCK) };
}
