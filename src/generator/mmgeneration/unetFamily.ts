import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, MisfitError, USUAL_TRAITS } from '../family.js';
import { convolutionAt } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { MIN_LEVELS, MmgenerationUnetGenerator } from './unetGenerator.js';

/** What a file tells of mmgeneration's U-Net. */
export type MmgenerationUnetConfig = {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly numDown: number;
  readonly baseChannels: number;
  readonly norm: 'batch' | 'instance';
};

/** Sides are halved so often, at the most: 2^16 is more than any side. */
const MAX_LEVELS = 16;

const ANCHOR: Anchor = {
  key: 'model.model.0.conv.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 4,
};

/** U-Nets of mmgeneration and mmagic, as their pix2pix has them. */
export const mmgenerationUnetFamily: Family<MmgenerationUnetConfig, MmgenerationUnetGenerator> = {
  name: 'mmgeneration-pix2pix',
  title: 'a U-Net generator of mmgeneration',
  repository: 'open-mmlab/mmgeneration',
  className: 'UnetGenerator',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ inChannels, outChannels, numDown, baseChannels, norm }) =>
    new MmgenerationUnetGenerator(inChannels, outChannels, numDown, baseChannels, { norm }),
  describe: ({ inChannels, outChannels, numDown, baseChannels, norm }) =>
    `MmgenerationUnetGenerator(${inChannels}, ${outChannels}, ${numDown}, ${baseChannels}), ${norm} norm`,
  traits: ({ inChannels, outChannels, numDown, norm }) => ({
    ...USUAL_TRAITS,
    inputChannels: inChannels,
    outputChannels: outChannels,
    channelOrder: 'bgr',
    sizeRule: { multipleOf: 2 ** numDown, roundsUpTo: 1 },
    statistics: norm === 'batch' ? 'running' : 'own',
    padding: 'zero',
  }),
};

function infer(tensors: ReadonlyMap<string, Shaped>): MmgenerationUnetConfig {
  const { first: baseChannels, second: inChannels } = convolutionAt(tensors, ANCHOR.key, 4);
  const { second: outChannels } = convolutionAt(tensors, 'model.model.2.conv.weight', 4);
  let innermost = 'model.model.1.model.';
  let numDown = 2;
  while (tensors.has(`${innermost}1.model.0.conv.weight`) && numDown < MAX_LEVELS) {
    innermost += '1.model.';
    numDown++;
  }
  if (numDown < MIN_LEVELS) {
    const missing = `${innermost}1.model.0.conv.weight`;
    throw new MisfitError(missing, `it has ${numDown} levels, fewer than ${MIN_LEVELS}`);
  }
  const norm = tensors.has('model.model.1.model.0.bn.weight') ? 'batch' : 'instance';
  return { inChannels, outChannels, numDown, baseChannels, norm };
}
