import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, USUAL_TRAITS } from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { GeneratorV1 } from './generatorV1.js';
import type { Padding } from './layers.js';

/** What a file tells of pytorch-animeGAN's first generator. */
export type GeneratorV1Config = {
  readonly width: number;
  readonly nBlocks: number;
  readonly padding: Padding;
};

const ANCHOR: Anchor = {
  key: 'encode_blocks.0.conv.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 3,
};

/** AnimeGAN generators of pytorch-animeGAN, of release 1.0 (zeros around pictures) and of today (mirrored). */
export const generatorV1Family: Family<GeneratorV1Config, GeneratorV1> = {
  name: 'pytorch-animegan-v1',
  title: 'a pytorch-animeGAN GeneratorV1',
  repository: 'ptran1203/pytorch-animeGAN',
  className: 'GeneratorV1',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: (config) => new GeneratorV1(config),
  describe: ({ width, nBlocks, padding }) =>
    `GeneratorV1(), width ${width}, ${nBlocks} blocks, ${padding} padding`,
  traits: ({ padding }) => ({
    ...USUAL_TRAITS,
    sizeRule: { multipleOf: 4, roundsUpTo: 1 },
    padding,
  }),
};

function infer(tensors: ReadonlyMap<string, Shaped>): GeneratorV1Config {
  const { first } = convolutionAt(tensors, ANCHOR.key, 3);
  const nBlocks = countIndices(tensors, /^res_blocks\.(\d+)\./);
  const isEarlier = tensors.has('res_blocks.0.depthwise_conv.weight');
  return { width: first, nBlocks, padding: isEarlier ? 'zero' : 'reflect' };
}
