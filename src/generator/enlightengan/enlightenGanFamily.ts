import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, MisfitError, USUAL_TRAITS } from '../family.js';
import { convolutionAt } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { UnetResizeConv } from './unetResizeConv.js';

/** What a file tells of EnlightenGAN's generator. */
export type EnlightenGanConfig = {
  readonly width: number;
  readonly selfAttention: boolean;
  readonly useNorm: boolean;
};

const ANCHOR: Anchor = {
  key: 'deconv5.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 3,
};
const FIRST = 'conv1_1.weight';
const COLOURS = 3;

/** Generators of EnlightenGAN (`--which_model_netG sid_unet_resize`), as its script trains and runs them. */
export const enlightenGanFamily: Family<EnlightenGanConfig, UnetResizeConv> = {
  name: 'enlightengan',
  title: 'an EnlightenGAN Unet_resize_conv',
  repository: 'VITA-Group/EnlightenGAN',
  className: 'Unet_resize_conv',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: (config) => new UnetResizeConv(config),
  describe: ({ width, selfAttention, useNorm }) =>
    [
      `UnetResizeConv(), width ${width}`,
      selfAttention ? 'with attention' : 'without attention',
      useNorm ? 'batch norm' : 'without norms',
    ].join(', '),
  traits: ({ useNorm }) => ({
    ...USUAL_TRAITS,
    sizeRule: { multipleOf: 1, roundsUpTo: 1 },
    statistics: useNorm ? 'running' : 'own',
    padding: 'zero',
    residual: true,
  }),
};

function infer(tensors: ReadonlyMap<string, Shaped>): EnlightenGanConfig {
  const { first, second } = convolutionAt(tensors, FIRST, 3);
  if (second !== COLOURS && second !== COLOURS + 1) {
    throw new MisfitError(
      FIRST,
      `${FIRST} takes neither a picture nor one with a map of its darkness`,
    );
  }
  return { width: first, selfAttention: second > COLOURS, useNorm: tensors.has('bn1_1.weight') };
}
