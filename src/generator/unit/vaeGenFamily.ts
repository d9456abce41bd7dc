import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, MisfitError, USUAL_TRAITS } from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { withoutUnusedStatistics } from '../unusedStatistics.js';
import { VAEGen } from './vaeGen.js';

/** What a file tells of UNIT's autoencoder. */
export type VAEGenConfig = {
  readonly inputDim: number;
  readonly dim: number;
  readonly nDownsample: number;
  readonly nRes: number;
};

const ANCHOR: Anchor = {
  key: 'enc.model.0.conv.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 7,
};
const HALVING = /^enc\.model\.(\d+)\.conv\.weight$/;
const BLOCK = /^enc\.model\.\d+\.model\.(\d+)\./;
/** Pictures are halved so often, at the most: 2^10 is more than any side. */
const MAX_HALVINGS = 10;

/** Autoencoders of UNIT, two in a file: of domain a and of domain b. */
export const vaeGenFamily: Family<VAEGenConfig, VAEGen> = {
  name: 'unit',
  title: 'a UNIT VAEGen',
  repository: 'mingyuliutw/UNIT',
  className: 'VAEGen',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ inputDim, dim, nDownsample, nRes }) => new VAEGen(inputDim, { dim, nDownsample, nRes }),
  adapt: withoutUnusedStatistics,
  describe: ({ inputDim, dim, nDownsample, nRes }) =>
    `VAEGen(${inputDim}), dim ${dim}, ${nDownsample} halvings, ${nRes} residual blocks each`,
  traits: ({ inputDim, nDownsample }) => ({
    ...USUAL_TRAITS,
    inputChannels: inputDim,
    outputChannels: inputDim,
    sizeRule: { multipleOf: 2 ** nDownsample, roundsUpTo: 1 },
  }),
  hints: () => [
    "UNIT's file holds an encoder and a decoder for each of two domains: --key a.enc+b.dec (in code: { key: 'a.enc+b.dec' }) translates from a to b, b.enc+a.dec back; a or b alone gives a picture of its own domain again.",
    'Keys do not tell the activ and pad_type of a UNIT: it is run with relu and reflect, as all configurations that its repository publishes have them; the picture of one that was trained otherwise is wrong.',
  ],
};

function infer(tensors: ReadonlyMap<string, Shaped>): VAEGenConfig {
  const { first: dim, second: inputDim } = convolutionAt(tensors, ANCHOR.key, 7);
  const nDownsample = countIndices(tensors, HALVING) - 1;
  if (nDownsample > MAX_HALVINGS) {
    throw new MisfitError(ANCHOR.key, `it halves pictures more than ${MAX_HALVINGS} times`);
  }
  return { inputDim, dim, nDownsample, nRes: countIndices(tensors, BLOCK) };
}
