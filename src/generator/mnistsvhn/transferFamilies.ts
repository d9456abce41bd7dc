import type { Shaped } from '../../nn/loadStateDict.js';
import type { Module } from '../../nn/module.js';
import { type Anchor, type Family, USUAL_TRAITS } from '../family.js';
import { convolutionAt } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { G12, G21 } from './generators.js';

/** What a file tells of a generator between MNIST and SVHN. */
export type TransferConfig = { readonly convDim: number };

const FOURTH = /(^|\.)conv4\.0\.weight$/;

/** From the digits of MNIST to those of SVHN. */
export const g12Family = transferFamily('G12', 1, 3, (convDim) => new G12(convDim));

/** From the digits of SVHN to those of MNIST. */
export const g21Family = transferFamily('G21', 3, 1, (convDim) => new G21(convDim));

function transferFamily<M extends Module>(
  className: string,
  inputChannels: number,
  outputChannels: number,
  build: (convDim: number) => M,
): Family<TransferConfig, M> {
  // Other networks have a key of this name, too, and their discriminators one of the first convolution's.
  const anchor: Anchor = {
    key: 'deconv2.0.weight',
    fits: ({ shape }) => shape.length === 4 && shape[1] === outputChannels && shape[2] === 4,
  };
  return {
    name: `mnist-svhn-${className.toLowerCase()}`,
    title: `a ${className} of mnist-svhn-transfer`,
    repository: 'yunjey/mnist-svhn-transfer',
    className,
    anchor,
    matches: (tensors) =>
      hasAnchor(tensors, anchor) && [...tensors.keys()].some((key) => FOURTH.test(key)),
    infer: (tensors: ReadonlyMap<string, Shaped>) => ({
      convDim: convolutionAt(tensors, 'conv1.0.weight', 4).first,
    }),
    build: ({ convDim }) => build(convDim),
    describe: ({ convDim }) => `${className}(${convDim}), batch norm`,
    traits: () => ({
      ...USUAL_TRAITS,
      inputChannels,
      outputChannels,
      sizeRule: { multipleOf: 4, roundsUpTo: 4 },
      statistics: 'running',
      padding: 'zero',
    }),
  };
}
