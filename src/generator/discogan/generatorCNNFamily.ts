import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, MisfitError, USUAL_TRAITS } from '../family.js';
import { convolutionAt } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { GeneratorCNN } from './generatorCNN.js';

/** What a file tells of carpedm20's DiscoGAN generator. */
export type GeneratorCNNConfig = {
  readonly inputChannel: number;
  readonly outputChannel: number;
  readonly convDims: readonly number[];
  readonly deconvDims: readonly number[];
};

const ANCHOR: Anchor = {
  key: 'layer_module.0.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 4,
};
/** Pictures are halved so often, at the most: 2^10 is more than any side. */
const MAX_HALVINGS = 10;

/** DiscoGAN generators of carpedm20's. */
export const generatorCNNFamily: Family<GeneratorCNNConfig, GeneratorCNN> = {
  name: 'carpedm20-discogan',
  title: 'a carpedm20 DiscoGAN generator',
  repository: 'carpedm20/DiscoGAN-pytorch',
  className: 'GeneratorCNN',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ inputChannel, outputChannel, convDims, deconvDims }) =>
    new GeneratorCNN(inputChannel, outputChannel, convDims, deconvDims),
  describe: ({ inputChannel, outputChannel, convDims, deconvDims }) =>
    `GeneratorCNN(${inputChannel}, ${outputChannel}, [${convDims.join(', ')}], [${deconvDims.join(', ')}]), batch norm`,
  traits: ({ inputChannel, outputChannel, convDims }) => ({
    ...USUAL_TRAITS,
    inputChannels: inputChannel,
    outputChannels: outputChannel,
    sizeRule: { multipleOf: 2 ** convDims.length, roundsUpTo: 2 ** convDims.length },
    statistics: 'running',
    padding: 'zero',
  }),
};

/** One convolution for two modules, then one for three; the second half of them are transposed. */
function infer(tensors: ReadonlyMap<string, Shaped>): GeneratorCNNConfig {
  const first = convolutionAt(tensors, ANCHOR.key, 4);
  const following: string[] = [];
  let key = 'layer_module.2.weight';
  while (tensors.has(key) && following.length < 2 * MAX_HALVINGS) {
    following.push(key);
    key = `layer_module.${2 + 3 * following.length}.weight`;
  }
  if (following.length % 2 === 0) {
    throw new MisfitError(key, 'it has not as many transposed convolutions as others');
  }
  const halvings = (following.length - 1) / 2;
  const doublings = following.slice(halvings);
  const dims = doublings.map((name) => convolutionAt(tensors, name, 4).second);
  return {
    inputChannel: first.second,
    outputChannel: dims[dims.length - 1],
    convDims: [
      first.first,
      ...following.slice(0, halvings).map((name) => convolutionAt(tensors, name, 4).first),
    ],
    deconvDims: dims.slice(0, -1),
  };
}
