import { type LazyValue, sizeWithBorder } from '../../../shared/fuse/lazyValue.js';
import type { WeightGradientStep } from '../../../shared/fuse/steps.js';

export type WeightGradientMethod = 'gemm' | 'winograd';

/** Fewest channels, and pixels a side, for which transforms cost less than the products that they save. */
const MIN_WINOGRAD_CHANNELS = 16;
const MIN_WINOGRAD_SIDE = 8;

export function chooseWeightGradient(step: WeightGradientStep): WeightGradientMethod {
  const { kernel, stride, dilation, groups, source, gradient } = step;
  const fits = [3, 4].some((side) => kernel.every((own) => own === side));
  const isDense = [...stride, ...dilation, groups].every((number) => number === 1);
  const channels = Math.min(channelsOf(source), channelsOf(gradient));
  const side = Math.min(...sizeWithBorder(gradient));
  const pays = channels >= MIN_WINOGRAD_CHANNELS && side >= MIN_WINOGRAD_SIDE;
  return fits && isDense && pays ? 'winograd' : 'gemm';
}

function channelsOf({ core }: LazyValue): number {
  return core.stored.channels;
}
