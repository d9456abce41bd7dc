import { describeIn } from '../../../generator/families.js';
import type { PictureTraits } from '../../../generator/family.js';
import { type OpenedGenerator, openGenerator } from '../../../generator/openGenerator.js';
import { openWeights } from '../../../pth/weightFile.js';
import { sizeOf } from '../../../tensor/shape.js';
import { channelProblem } from '../../../translate/pictureNetwork.js';
import type { Handler } from '../../worker/protocol.js';
import type { ModelFacts } from '../shared.js';

let current: OpenedGenerator | null = null;

/** The generator that pictures go through. */
export function currentGenerator(): OpenedGenerator {
  if (current === null) throw new Error('No model has been opened.');
  return current;
}

/** Says what a weight file is, and takes it from now on. @throws PthError, StateDictError: the one before it stays. */
export const openModel: Handler<'openModel'> = async ({ file, name, key, traits }) => {
  const source = file instanceof File ? file : new File([file], name);
  const chosen = key === null ? {} : { key };
  const generator = await openGenerator(source, { ...traits, ...chosen });
  current?.module.dispose();
  current = generator;
  const { container, writer, tensors, ...found } = await openFound(source, chosen);
  const numbers = [...tensors.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return factsOf(generator, {
    numbers,
    bytes: file.size,
    container: `${container}, ${writer}`,
    key: found.key,
    otherKeys: found.alike,
  });
};

/** The file again, by the rules by which the generator was found in it. */
function openFound(source: File, options: { key?: string }) {
  return openWeights(source, { describe: describeIn(source.name), ...options });
}

function factsOf(
  generator: OpenedGenerator,
  file: Pick<ModelFacts, 'numbers' | 'bytes' | 'container' | 'key' | 'otherKeys'>,
): ModelFacts {
  const { family, config, notes, inputRange } = generator;
  return {
    title: family.title,
    description: family.describe(config),
    config: Object.entries(config).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
    ...file,
    pictures: describeTraits(generator),
    notes,
    problem: channelProblem(generator),
    inputRange,
  };
}

function describeTraits({
  inputRange,
  outputRange,
  channelOrder,
  sizeRule,
}: PictureTraits): string {
  const { multipleOf, exactly } = sizeRule;
  const range = ([low, high]: readonly number[]) => `${low} to ${high}`;
  return [
    `${range(inputRange)} in, ${range(outputRange)} out`,
    ...(channelOrder === 'bgr' ? ['blue first'] : []),
    ...(exactly === undefined ? [] : [`${exactly} × ${exactly} only`]),
    ...(multipleOf > 1 && exactly === undefined ? [`sides in multiples of ${multipleOf}`] : []),
  ].join('; ');
}
