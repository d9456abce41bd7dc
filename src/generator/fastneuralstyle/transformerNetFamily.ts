import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, USUAL_TRAITS, type ValueRange } from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { withoutUnusedStatistics } from '../unusedStatistics.js';
import { TransformerNet } from './transformerNet.js';

/** What a file tells of the style network of PyTorch's examples. */
export type TransformerNetConfig = {
  readonly width: number;
  readonly nBlocks: number;
};

const ANCHOR: Anchor = {
  key: 'deconv3.conv2d.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 9,
};
const BYTES: ValueRange = [0, 255];

/** Fast-neural-style networks of PyTorch's examples. Files from before PyTorch 0.4 hold statistics that no norm uses. */
export const transformerNetFamily: Family<TransformerNetConfig, TransformerNet> = {
  name: 'fast-neural-style',
  title: 'a fast-neural-style TransformerNet',
  repository: 'pytorch/examples',
  className: 'TransformerNet',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: (config) => new TransformerNet(config),
  adapt: withoutUnusedStatistics,
  describe: ({ width, nBlocks }) => `TransformerNet(), width ${width}, ${nBlocks} blocks`,
  traits: () => ({ ...USUAL_TRAITS, inputRange: BYTES, outputRange: BYTES }),
};

function infer(tensors: ReadonlyMap<string, Shaped>): TransformerNetConfig {
  const { first } = convolutionAt(tensors, 'conv1.conv2d.weight', 9);
  return { width: first, nBlocks: countIndices(tensors, /^res(\d+)\./) };
}
