import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, USUAL_TRAITS } from '../family.js';
import { convolutionAt } from '../keyReading.js';
import type { LeveledUNet } from '../layers/leveledUNet.js';
import { hasAnchor } from '../ownKeys.js';
import { DiscoGANGeneratorUNet, DualGANGenerator, GeneratorUNet } from './unetGenerators.js';

/** What a file tells of a U-Net of PyTorch-GAN. */
export type LeveledUNetConfig = {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly width: number;
};

const REPOSITORY = 'eriklindernoren/PyTorch-GAN';

const ANCHOR: Anchor = {
  key: 'down1.model.0.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 4,
};

/** U-Nets of PyTorch-GAN's pix2pix. */
export const generatorUNetFamily = familyOf<GeneratorUNet>({
  name: 'pytorch-gan-pix2pix',
  title: 'a pix2pix generator of PyTorch-GAN',
  className: 'GeneratorUNet',
  levels: 8,
  last: { key: 'final.2.weight', out: 'first' },
  build: ({ inChannels, outChannels, width }) =>
    new GeneratorUNet(inChannels, outChannels, { width }),
  describe: ({ inChannels, outChannels, width }) =>
    `GeneratorUNet(${inChannels}, ${outChannels}), width ${width}`,
});

/** U-Nets of PyTorch-GAN's DiscoGAN. */
export const pytorchGANDiscoGANFamily = familyOf<DiscoGANGeneratorUNet>({
  name: 'pytorch-gan-discogan',
  title: 'a DiscoGAN generator of PyTorch-GAN',
  className: 'GeneratorUNet',
  levels: 6,
  last: { key: 'final.2.weight', out: 'first' },
  build: ({ inChannels, width }) => new DiscoGANGeneratorUNet(inChannels, { width }),
  describe: ({ inChannels, width }) => `DiscoGANGeneratorUNet(${inChannels}), width ${width}`,
});

/** U-Nets of PyTorch-GAN's DualGAN. */
export const pytorchGANDualGANFamily = familyOf<DualGANGenerator>({
  name: 'pytorch-gan-dualgan',
  title: 'a DualGAN generator of PyTorch-GAN',
  className: 'Generator',
  levels: 7,
  last: { key: 'final.0.weight', out: 'second' },
  build: ({ inChannels, width }) => new DualGANGenerator(inChannels, { width }),
  describe: ({ inChannels, width }) => `DualGANGenerator(${inChannels}), width ${width}`,
});

interface Differences<M extends LeveledUNet>
  extends Pick<
    Family<LeveledUNetConfig, M>,
    'name' | 'title' | 'className' | 'build' | 'describe'
  > {
  readonly levels: number;
  /** The last convolution's weight, and which of its sides has the output's channels. */
  readonly last: { readonly key: string; readonly out: 'first' | 'second' };
}

function familyOf<M extends LeveledUNet>({
  levels,
  last,
  ...own
}: Differences<M>): Family<LeveledUNetConfig, M> {
  return {
    ...own,
    repository: REPOSITORY,
    anchor: ANCHOR,
    matches: (tensors) => hasAnchor(tensors, ANCHOR) && deepestLevel(tensors) === levels,
    infer: (tensors) => {
      const { first: width, second: inChannels } = convolutionAt(tensors, ANCHOR.key, 4);
      return { inChannels, outChannels: convolutionAt(tensors, last.key, 4)[last.out], width };
    },
    traits: ({ inChannels, outChannels }) => ({
      ...USUAL_TRAITS,
      inputChannels: inChannels,
      outputChannels: outChannels,
      sizeRule: { multipleOf: 2 ** levels, roundsUpTo: 1 },
      padding: 'zero',
    }),
  };
}

/** The highest number of a level on the way down, whatever stands before it. */
function deepestLevel(tensors: ReadonlyMap<string, Shaped>): number {
  let deepest = 0;
  for (const key of tensors.keys()) {
    const level = /(?:^|\.)down(\d{1,2})\.model\.0\.weight$/.exec(key)?.[1];
    deepest = Math.max(deepest, Number(level ?? 0));
  }
  return deepest;
}
