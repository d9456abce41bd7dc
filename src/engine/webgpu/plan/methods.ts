import { kernelShape } from '../../shared/convolutionKernel.js';
import type { ConvolutionStep } from '../../shared/fuse/steps.js';
import type { PlanOptions } from './options.js';

/** How a convolution is computed. */
export type Method = 'grouped' | 'winograd' | 'implicitGemm';

/** Fewest channels and output pixels a side for which the transforms cost less than the products that they save. */
const MIN_WINOGRAD_CHANNELS = 8;
const MIN_WINOGRAD_SIDE = 4;
/** Most tiles a dispatch of the output transform takes. */
const MAX_WINOGRAD_PIXELS = 2 ** 22;

/** The first of these that fits. */
export function chooseMethod(
  step: ConvolutionStep,
  { winograd }: Pick<PlanOptions, 'winograd'>,
): Method {
  if (step.groups > 1) return 'grouped';
  return winograd && isWinograd(step) ? 'winograd' : 'implicitGemm';
}

function isWinograd(step: ConvolutionStep): boolean {
  const { inChannels, outChannels, kernelHeight, kernelWidth } = kernelShape(step);
  const { height, width } = step.to;
  return (
    !step.isTransposed &&
    kernelHeight === 3 &&
    kernelWidth === 3 &&
    [...step.stride, ...step.dilation].every((side) => side === 1) &&
    Math.min(inChannels, outChannels) >= MIN_WINOGRAD_CHANNELS &&
    Math.min(height, width) >= MIN_WINOGRAD_SIDE &&
    height * width <= MAX_WINOGRAD_PIXELS
  );
}
