import type { AxisPhase } from '../../../tensor/axisPhase.js';
import type { ConvolutionStep } from '../../shared/fuse/steps.js';
import { TALL_OUTPUTS } from '../kernels/tall.js';
import { type KernelShape, kernelShape } from './weights.js';

/** Two-dimensional Winograd convolutions: of stride 1, of stride 2, and transposed ones of stride 2. */
export type FilteredMethod = 'same' | 'halving' | 'doubling';

/** How a convolution is computed. */
export interface Method {
  readonly name: 'direct' | 'narrow' | 'tall' | FilteredMethod;
  /** Whether kernel columns are laid side by side, since output channels are few. */
  readonly isNarrow: boolean;
  /** Whether it can read an input where it lies. */
  readonly takesPlanes: boolean;
}

/** Fewest channels and output pixels a side for which Winograd pays. */
const MIN_WINOGRAD_CHANNELS = 8;
const MIN_WINOGRAD_SIDE = 4;
/** Most output channels for which kernel columns are laid side by side. */
const MAX_NARROW_CHANNELS = 4;
/** Fewest rows of a kernel for one-dimensional Winograd along its columns. */
const MIN_TALL_KERNEL = 5;

/** The first of these that fits. */
export function chooseMethod(step: ConvolutionStep): Method {
  const isNarrow = fewOutputs(step);
  const name = winograd(step) ?? (isTall(step) ? 'tall' : isNarrow ? 'narrow' : 'direct');
  return { name, isNarrow, takesPlanes: !isNarrow && (name === 'direct' || name === 'tall') };
}

function fewOutputs(step: ConvolutionStep): boolean {
  const { outChannels, kernelWidth } = kernelShape(step);
  return (
    !step.isTransposed &&
    outChannels <= MAX_NARROW_CHANNELS &&
    kernelWidth > 1 &&
    step.stride[1] === 1 &&
    step.dilation[1] === 1
  );
}

function isTall(step: ConvolutionStep): boolean {
  return (
    !step.isTransposed &&
    kernelShape(step).kernelHeight >= MIN_TALL_KERNEL &&
    step.to.height >= TALL_OUTPUTS &&
    step.stride.every((side) => side === 1) &&
    step.dilation.every((side) => side === 1)
  );
}

function winograd(step: ConvolutionStep): FilteredMethod | null {
  const shape = kernelShape(step);
  if (step.groups !== 1 || !paysToTransform(shape, step.to)) return null;
  if (step.isTransposed) return isDoubling(step.rows) && isDoubling(step.cols) ? 'doubling' : null;
  const is3x3 = shape.kernelHeight === 3 && shape.kernelWidth === 3;
  if (!is3x3 || step.dilation.some((side) => side !== 1)) return null;
  if (step.stride.every((side) => side === 1)) return 'same';
  return step.stride.every((side) => side === 2) ? 'halving' : null;
}

/** Enough channels and pixels for the transforms to cost less than the products that they save. */
function paysToTransform(
  { inChannels, outChannels }: KernelShape,
  { height, width }: { readonly height: number; readonly width: number },
): boolean {
  return (
    Math.min(inChannels, outChannels) >= MIN_WINOGRAD_CHANNELS &&
    Math.min(height, width) >= MIN_WINOGRAD_SIDE
  );
}

/** Even outputs of the middle tap, odd ones of the outer two, all from the same input on. */
function isDoubling(phases: readonly AxisPhase[]): boolean {
  if (phases.length !== 2) return false;
  const [even, odd] = phases.map(({ taps }) =>
    taps
      .map(({ kernel, offset }) => `${kernel} at ${offset}`)
      .sort()
      .join(),
  );
  return even === '1 at 0' && odd === '0 at 1,2 at 0';
}
