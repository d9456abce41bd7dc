import type { AxisPhase } from '../../../tensor/axisPhase.js';
import type { ConvolutionStep } from '../../shared/fuse/steps.js';
import { COLUMN_OUTPUTS } from '../kernels/winograd/columns.js';
import { type KernelShape, kernelShape } from './weights.js';

/**
 * Two-dimensional Winograd convolutions: of 3×3 taps and stride 1, of stride 2, and transposed ones of stride 2; and of 4×4 taps
 * and stride 1, stride 2, and transposed.
 */
export type WinogradMethod =
  | 'stride1'
  | 'stride1By4'
  | 'stride2'
  | 'transposed2'
  | 'stride2By4'
  | 'transposed2By4';

/** How a convolution is computed. */
export interface Method {
  readonly name:
    | 'implicitGemm'
    | 'fewOutputs'
    | 'fewPixels'
    | 'grouped'
    | 'columns'
    | WinogradMethod;
  /** Whether kernel columns are laid side by side, since output channels are few. */
  readonly hasFewOutputs: boolean;
  /** Whether inputs are transformed: a huge value then drowns others. */
  readonly isWinograd: boolean;
  /** Whether it takes pixels of any number of channels, not only of multiples of 4. */
  readonly takesAnyChannels: boolean;
  /** Whether it can write the network's output as planes. */
  readonly writesPlanes: boolean;
}

/** Fewest channels and output pixels a side for which Winograd pays. */
const MIN_WINOGRAD_CHANNELS = 8;
const MIN_WINOGRAD_SIDE = 4;
/** A group's output channels have to be a multiple of the first, the widest panel of any target; from the second on it pays. */
const WINOGRAD_GROUP_PANEL = 16;
const MIN_WINOGRAD_GROUP_CHANNELS = 16;
/** Most output pixels, of a phase, for which weights are read once and not transformed. */
const MAX_FEW_PIXELS = 64;
/** Most output channels for which kernel columns are laid side by side. */
const MAX_FEW_OUTPUTS = 4;
/** Fewest rows of a kernel for one-dimensional Winograd along its columns. */
const MIN_COLUMN_KERNEL = 5;

/** The first of these that fits. */
export function chooseMethod(step: ConvolutionStep): Method {
  const hasFewOutputs = fewOutputs(step);
  const byTheBook = step.groups > 1 ? 'grouped' : hasFewOutputs ? 'fewOutputs' : 'implicitGemm';
  const name = fewPixels(step) ?? winograd(step) ?? (isColumns(step) ? 'columns' : byTheBook);
  return {
    name,
    hasFewOutputs,
    isWinograd: name !== byTheBook && name !== 'fewPixels',
    takesAnyChannels: !hasFewOutputs && (name === 'implicitGemm' || name === 'columns'),
    writesPlanes: name === 'implicitGemm' || name === 'grouped',
  };
}

function fewOutputs(step: ConvolutionStep): boolean {
  const { outChannels, kernelWidth } = kernelShape(step);
  return (
    !step.isTransposed &&
    step.groups === 1 &&
    outChannels <= MAX_FEW_OUTPUTS &&
    kernelWidth > 1 &&
    step.stride[1] === 1 &&
    step.dilation[1] === 1
  );
}

/** 4×4 taps of stride 2 whose weights are fetched, and would be transformed, for a few pixels. */
function fewPixels(step: ConvolutionStep): 'fewPixels' | null {
  const shape = kernelShape(step);
  const pixels =
    Math.max(...step.rows.map(({ count }) => count)) *
    Math.max(...step.cols.map(({ count }) => count));
  const fits =
    isStride2By4(step, shape) &&
    shape.outChannels % WINOGRAD_GROUP_PANEL === 0 &&
    shape.inChannels % 4 === 0;
  return fits && pixels <= MAX_FEW_PIXELS ? 'fewPixels' : null;
}

function isColumns(step: ConvolutionStep): boolean {
  const shape = kernelShape(step);
  return (
    !step.isTransposed &&
    paysForGroups(shape) &&
    shape.kernelHeight >= MIN_COLUMN_KERNEL &&
    step.to.height >= COLUMN_OUTPUTS &&
    step.stride.every((side) => side === 1) &&
    step.dilation.every((side) => side === 1)
  );
}

function winograd(step: ConvolutionStep): WinogradMethod | null {
  const shape = kernelShape(step);
  if (isStride2By4(step, shape) && Math.min(step.to.height, step.to.width) >= MIN_WINOGRAD_SIDE) {
    return step.isTransposed ? 'transposed2By4' : 'stride2By4';
  }
  if (!paysForGroups(shape) || !paysToTransform(shape, step.to)) return null;
  if (step.isTransposed)
    return isTransposedStride2(step.rows) && isTransposedStride2(step.cols) ? 'transposed2' : null;
  const isSquare = (side: number) => shape.kernelHeight === side && shape.kernelWidth === side;
  if (step.dilation.some((side) => side !== 1)) return null;
  if (isSquare(4) && step.stride.every((side) => side === 1)) return 'stride1By4';
  if (!isSquare(3)) return null;
  if (step.stride.every((side) => side === 1)) return 'stride1';
  return step.stride.every((side) => side === 2) ? 'stride2' : null;
}

function isStride2By4(step: ConvolutionStep, shape: KernelShape): boolean {
  return (
    shape.groups === 1 &&
    shape.kernelHeight === 4 &&
    shape.kernelWidth === 4 &&
    step.stride.every((side) => side === 2) &&
    step.dilation.every((side) => side === 1) &&
    shape.inChannels >= MIN_WINOGRAD_CHANNELS
  );
}

/** Groups, if there are several, have whole panels of channels, and so many that products are worth their transforms. */
function paysForGroups({ groups, inChannels, outChannels }: KernelShape): boolean {
  if (groups === 1) return true;
  const [groupIn, groupOut] = [inChannels / groups, outChannels / groups];
  const fits = groupIn % 4 === 0 && groupOut % WINOGRAD_GROUP_PANEL === 0;
  return fits && Math.min(groupIn, groupOut) >= MIN_WINOGRAD_GROUP_CHANNELS;
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
function isTransposedStride2(phases: readonly AxisPhase[]): boolean {
  if (phases.length !== 2) return false;
  const [even, odd] = phases.map(({ taps }) =>
    taps
      .map(({ kernel, offset }) => `${kernel} at ${offset}`)
      .sort()
      .join(),
  );
  return even === '1 at 0' && odd === '0 at 1,2 at 0';
}
