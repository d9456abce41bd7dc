import { kernelShape } from '../../shared/convolutionKernel.js';
import type { ConvolutionStep } from '../../shared/fuse/steps.js';
import { planWinograd, winogradElements } from '../kernels/convolution/winograd.js';
import { F4 } from '../kernels/convolution/winogradMatrices.js';
import { elementBytes, type Format } from './buffers.js';
import type { PlanOptions } from './options.js';
import { vectorsOf } from './source.js';

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
  options: Pick<Required<PlanOptions>, 'winograd' | 'format' | 'maxBindingBytes'>,
): Method {
  if (step.groups > 1) return 'grouped';
  const { winograd, maxBindingBytes } = options;
  const takesWinograd =
    winograd && isWinograd(step) && largestBytes(step, options.format) <= maxBindingBytes;
  return takesWinograd ? 'winograd' : 'implicitGemm';
}

/** Of the buffers that Winograd takes. Transformed, weights are four times as large: a layer of 1024 to 1024 channels takes 151 MB. */
function largestBytes(step: ConvolutionStep, format: Format): number {
  const { inChannels, outChannels } = kernelShape(step);
  const plan = planWinograd(step.to, F4);
  const elements = winogradElements(plan, vectorsOf(inChannels), vectorsOf(outChannels));
  return elementBytes(Math.max(...Object.values(elements)), format);
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
