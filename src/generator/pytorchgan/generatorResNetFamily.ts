import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, MisfitError, USUAL_TRAITS } from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { withoutUnusedStatistics } from '../unusedStatistics.js';
import { GeneratorResNet } from './generatorResNet.js';

/** What a file tells of PyTorch-GAN's CycleGAN generator. */
export type GeneratorResNetConfig = {
  readonly channels: number;
  readonly numResidualBlocks: number;
  readonly width: number;
};

const ANCHOR: Anchor = {
  key: 'model.1.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 7,
  outermost: 'model.',
};
const BLOCK = /^model\.(\d+)\.block\./;
/** The padding that keeps the sides of a 7×7 convolution's input. */
const FULL_PADDING = 3;

/** CycleGAN generators of PyTorch-GAN and of the huggan library, which took the class over. */
export const generatorResNetFamily: Family<GeneratorResNetConfig, GeneratorResNet> = {
  name: 'pytorch-gan-cyclegan',
  title: 'a PyTorch-GAN GeneratorResNet',
  repository: 'eriklindernoren/PyTorch-GAN',
  className: 'GeneratorResNet',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ channels, numResidualBlocks, width }) =>
    new GeneratorResNet([channels, 256, 256], numResidualBlocks, { width }),
  adapt: withoutUnusedStatistics,
  describe: ({ channels, numResidualBlocks, width }) =>
    `GeneratorResNet(${channels} channels, ${numResidualBlocks} blocks), width ${width}`,
  traits: ({ channels }) => {
    // Both outer convolutions take something away, the first one before the picture is halved twice.
    const grows = 4 * (channels - FULL_PADDING);
    return {
      ...USUAL_TRAITS,
      inputChannels: channels,
      outputChannels: channels,
      sizeRule: { ...USUAL_TRAITS.sizeRule, ...(grows === 0 ? {} : { grows }) },
    };
  },
};

function infer(tensors: ReadonlyMap<string, Shaped>): GeneratorResNetConfig {
  const { first, second } = convolutionAt(tensors, ANCHOR.key, 7);
  const numResidualBlocks = countIndices(tensors, BLOCK);
  if (numResidualBlocks === 0) {
    throw new MisfitError('model.10.block.1.weight', 'it has no residual blocks');
  }
  convolutionAt(tensors, `model.${19 + numResidualBlocks}.weight`, 7);
  return { channels: second, numResidualBlocks, width: first };
}
