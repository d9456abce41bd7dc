import { CycleganError } from '../../errors.js';
import { BOOK } from '../../generator/families.js';
import { type OpenedGenerator, openGenerator } from '../../generator/openGenerator.js';
import type { TrainSettings } from '../options/trainOptions.js';

/** Options that a generator's own file answers. */
export const GENERATOR_OPTIONS = [
  'ngf',
  'nBlocks',
  'norm',
] as const satisfies readonly (keyof TrainSettings)[];

/** A ResNet generator as the options have it; its weights are yet to be drawn. */
export function newGenerator({ ngf, nBlocks, norm, noDropout }: TrainSettings): OpenedGenerator {
  return generatorLike({
    family: BOOK.family,
    config: { ...BOOK.config, ngf, nBlocks, norm, dropout: !noDropout, bias: norm === 'instance' },
  });
}

/** Another generator of the kind; its weights are yet to be drawn. */
export function generatorLike({
  family,
  config,
}: Pick<OpenedGenerator, 'family' | 'config'>): OpenedGenerator {
  const module = family.build(config);
  return { ...family.traits(config), inputRange: [-1, 1], module, family, config, notes: [] };
}

/**
 * A generator from its file, to be trained on: of any family whose pictures are of three channels and in [−1, 1].
 * @throws CycleganError `ERR_TRAIN_NETWORK` for one that cannot be trained on; as `openGenerator`.
 */
export async function openForTraining(path: string): Promise<OpenedGenerator> {
  const generator = await openGenerator(path);
  const problem = whyNotTrained(generator);
  if (problem !== null) {
    throw new CycleganError('ERR_TRAIN_NETWORK', `${path}: ${problem}.`);
  }
  // An instance norm behind the first convolution takes scale and shift of pictures away.
  return { ...generator, inputRange: [-1, 1] };
}

function whyNotTrained(generator: OpenedGenerator): string | null {
  const { inputChannels, outputChannels, outputRange, channelOrder, sizeRule } = generator;
  if (inputChannels !== 3 || outputChannels !== 3) {
    return `its pictures have ${inputChannels} and ${outputChannels} channels, and 3 are taken`;
  }
  if (outputRange[0] !== -1 || outputRange[1] !== 1) {
    return `it makes values in [${outputRange.join(', ')}], where training needs [-1, 1]`;
  }
  if (channelOrder !== 'rgb') return 'it has blue first, where training has red first';
  if ((sizeRule.grows ?? 0) !== 0) return 'what it makes is not of the size of its input';
  return null;
}
