import type { PictureTraits } from '../generator/family.js';
import { type ElementPart, eachRange } from '../tensor/elementSource.js';
import type { Shape } from '../tensor/shape.js';
import type { PictureNetwork } from './pictureNetwork.js';

/** What hints at a wrong picture, by the numbers that a network made. */
export interface OutputNote {
  /**
   * `faint`: all of it lies near mid-grey, as what a network adds to its input does; `flat`: it is of one colour; `clipped`:
   * nearly all of it is at or beyond the darkest and the brightest that a picture can have.
   */
  readonly kind: 'faint' | 'flat' | 'clipped';
  /** A sentence without the picture's name, with what may help. */
  readonly message: string;
}

/**
 * How far from mid-grey an output is, as a share of how far its input is (root mean square, in units of half the range). What
 * a trained horse2zebra makes of photographs has 0.78 to 1.1. Networks that add their input to r before a tanh have tanh(r)
 * alone: 0.26 to 0.39 where tanh(x + r) is the photograph itself, most of it near white, and up to 0.46 where it is brighter.
 * Contrast by itself does not tell: a night, or fog, has little, but is far from mid-grey.
 */
const MAX_FAINT_SHARE = 0.5;
/** A picture that is itself nearly grey tells nothing. In units of half the range. */
const MIN_INPUT_CONTRAST = 0.2;
/** One level of 256 is 0.008. */
const MAX_FLAT_DEVIATION = 0.008;
const MIN_CLIPPED_SHARE = 0.9;

/**
 * What is told of a network's output; most often nothing.
 * @param measureGiven Looks at its input, where the output alone does not tell.
 */
export function noteOnOutput(
  measureGiven: () => Measures,
  made: Measures,
  network: PictureNetwork,
): OutputNote | null {
  // No input is further from mid-grey than the ends of its range, which are 1 from there.
  const isOrdinary = made.distance > MAX_FAINT_SHARE && made.deviation >= MAX_FLAT_DEVIATION;
  if (isOrdinary && made.clipped <= MIN_CLIPPED_SHARE) return null;
  const given = measureGiven();
  if (given.deviation < MIN_INPUT_CONTRAST) return null;
  if (made.deviation < MAX_FLAT_DEVIATION) return { kind: 'flat', message: FLAT };
  if (made.clipped > MIN_CLIPPED_SHARE) return { kind: 'clipped', message: CLIPPED };
  const share = made.distance / given.distance;
  if (share > MAX_FAINT_SHARE || !couldAdd(network)) return null;
  return { kind: 'faint', message: faint(share) };
}

function couldAdd({ residual = false, inputChannels = 3, outputChannels = 3 }: PictureNetwork) {
  return residual === false && inputChannels === outputChannels;
}

/** Of a picture as floats. */
export interface Measures {
  /** From mid-grey, root mean square. */
  readonly distance: number;
  /** From the mean of each channel, root mean square. */
  readonly deviation: number;
  /** Share of values that are at or beyond the ends of the range. */
  readonly clipped: number;
}

/** Of `[1, C, H, W]`, in units of half the range. */
export function measure(
  part: ElementPart,
  [, channels, height, width]: Shape,
  range: PictureTraits['inputRange'],
): Measures {
  const size = height * width;
  const [middle, half] = middleAndHalf(range);
  let [squares, variances, clipped] = [0, 0, 0];
  for (let c = 0; c < channels; c++) {
    let [sum, sumOfSquares] = [0, 0];
    eachRange(c * size, (c + 1) * size, (from, length) => {
      const elements = part(from, length);
      for (let i = 0; i < length; i++) {
        const value = elements[i] - middle;
        sum += value;
        sumOfSquares += value * value;
        if (value >= half || value <= -half) clipped++;
      }
    });
    squares += sumOfSquares;
    variances += Math.max(0, sumOfSquares - (sum * sum) / size);
  }
  return measuresOf({ squares, variances, clipped, count: channels * size }, half);
}

/**
 * The same of values that come so often each.
 * @param counts Of each channel.
 */
export function measureCounts(
  counts: readonly Uint32Array[],
  values: Float32Array,
  range: PictureTraits['inputRange'],
): Measures {
  const [middle, half] = middleAndHalf(range);
  let [squares, variances, clipped, count] = [0, 0, 0, 0];
  for (const channel of counts) {
    let [size, sum, sumOfSquares] = [0, 0, 0];
    for (const [i, times] of channel.entries()) {
      const value = values[i] - middle;
      size += times;
      sum += times * value;
      sumOfSquares += times * value * value;
      if (value >= half || value <= -half) clipped += times;
    }
    squares += sumOfSquares;
    variances += Math.max(0, sumOfSquares - (sum * sum) / size);
    count += size;
  }
  return measuresOf({ squares, variances, clipped, count }, half);
}

function middleAndHalf([low, high]: PictureTraits['inputRange']): readonly [number, number] {
  return [(low + high) / 2, (high - low) / 2];
}

function measuresOf(
  sums: Readonly<Record<'squares' | 'variances' | 'clipped' | 'count', number>>,
  half: number,
): Measures {
  const { squares, variances, clipped, count } = sums;
  return {
    distance: Math.sqrt(squares / count) / half,
    deviation: Math.sqrt(variances / count) / half,
    clipped: clipped / count,
  };
}

function faint(share: number): string {
  return `what the network made is nearly grey, ${Math.round(100 * share)} % as far from it as the picture is: so looks what a network adds to its input, which keys do not tell. If it is one of that kind, --residual, as for DeblurGAN, or --residual-tanh, as for Mask-ShadowGAN, makes the picture (in code: openGenerator with { residual: true } or { residual: 'tanh' }).`;
}

const FLAT =
  'what the network made is of one colour, whatever the picture shows: its weights may be damaged or untrained, or it was trained with other values (--input-range, --statistics; in code: inputRange, statistics).';

const CLIPPED =
  'nearly all that the network made is beyond black and white, so little of it is left in the picture: it may have been trained with other values (--input-range, --statistics; in code: inputRange, statistics), or not be trained.';
