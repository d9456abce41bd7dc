import type { PictureTraits } from '../../generator/family.js';
import type { OpenedGenerator } from '../../generator/openGenerator.js';
import { networkSize } from '../../translate/pictureNetwork.js';
import type { PipelineOptions } from '../../translate/pipeline.js';
import { formatRange } from '../formatRange.js';

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * What the network was given, for a line about a picture: `network input 314x256 in 0..1`, and with it what is not usual: the
 * filter, padding, and what `describeTraits` says.
 */
export function describeInput(
  size: Size,
  generator: OpenedGenerator,
  { interpolation = 'bilinear' }: PipelineOptions,
): string {
  const filter = interpolation === 'bilinear' ? '' : ` (${interpolation})`;
  const { width, height } = networkSize(size, generator);
  const isSame = width === size.width && height === size.height;
  const isFixed = generator.sizeRule.exactly !== undefined;
  const fitted = `${isFixed ? 'resized' : 'padded'} to ${width}x${height}`;
  const traits = describeTraits(generator).join(', ');
  return `network input ${size.width}x${size.height}${filter}${isSame ? '' : ` ${fitted}`} in ${traits}`;
}

/** How a generator is fed: the range of its input, and whatever is not as with most others or as its family has it. */
export function describeTraits(generator: OpenedGenerator): string[] {
  const { inputRange, outputRange, channelOrder, statistics, padding, residual } = generator;
  const usual = generator.family.traits(generator.config);
  const parts = [formatRange(inputRange)];
  if (formatRange(outputRange) !== '-1..1') parts.push(`output in ${formatRange(outputRange)}`);
  if (channelOrder !== 'rgb') parts.push('blue first');
  if (statistics !== usual.statistics) {
    parts.push(statistics === 'own' ? "the picture's own statistics" : 'running statistics');
  }
  if (padding === 'replicate') parts.push('replicate padding');
  if (residual !== usual.residual) {
    parts.push(residual === 'tanh' ? 'input added before the tanh' : 'input added');
  }
  return parts;
}

/** The same as data, for a line of JSON about a picture. */
export function traitsOf(
  size: Size,
  generator: OpenedGenerator,
): Omit<PictureTraits, 'sizeRule' | 'inputChannels' | 'outputChannels'> & {
  readonly networkSize: readonly [width: number, height: number];
} {
  const { inputRange, outputRange, channelOrder, statistics, padding, residual } = generator;
  const { width, height } = networkSize(size, generator);
  const networkInput = { networkSize: [width, height] as const };
  return {
    ...networkInput,
    ...{ inputRange, outputRange, channelOrder, statistics, padding, residual },
  };
}
