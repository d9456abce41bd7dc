import type { Tensor } from '../../tensor/tensor.js';
import type { ConvolutionStep } from './fuse/steps.js';

export interface KernelShape {
  readonly outChannels: number;
  readonly inChannels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly groups: number;
}

/** A convolution's weights, direct or transposed, by output and input channel. */
export interface KernelView extends KernelShape {
  /** Zero where the channels are of different groups. */
  at(oc: number, ic: number, ky: number, kx: number): number;
}

type Kernel = Pick<ConvolutionStep, 'isTransposed' | 'isAdjoint' | 'weightShape' | 'groups'>;

export function kernelShape(kernel: Kernel): KernelShape {
  const { weightShape, groups } = kernel;
  const [first, perGroup, kernelHeight, kernelWidth] = weightShape;
  const byInput = isByInput(kernel);
  const outChannels = byInput ? perGroup * groups : first;
  const inChannels = byInput ? first : perGroup * groups;
  return { outChannels, inChannels, kernelHeight, kernelWidth, groups };
}

/** Whether a weight is `[inChannels][outChannels / groups][…]`. */
function isByInput({ isTransposed, isAdjoint }: Kernel): boolean {
  return isTransposed || isAdjoint;
}

/** How the elements of a weight lie, in floats. */
export interface KernelStrides {
  /** From one output channel of a group to the next, from one input channel, and from one group to the next. */
  readonly out: number;
  readonly in: number;
  readonly group: number;
}

export function kernelStrides(kernel: Kernel): KernelStrides {
  const { weightShape, groups } = kernel;
  const taps = weightShape[2] * weightShape[3];
  const outer = weightShape[1] * taps;
  const group = (weightShape[0] * outer) / groups;
  return isByInput(kernel) ? { in: outer, out: taps, group } : { out: outer, in: taps, group };
}

/** The elements of a convolution's weight by channels, whichever way it goes. */
export function kernelView(kernel: Kernel, weight: Tensor): KernelView {
  const data = elementsOf(weight);
  const { isAdjoint, weightShape, groups } = kernel;
  const [outer, perGroup, kernelHeight, kernelWidth] = weightShape;
  const perOuterGroup = outer / groups;
  const byInput = isByInput(kernel);
  const last = kernelHeight * kernelWidth - 1;
  return {
    ...kernelShape(kernel),
    at: (oc, ic, ky, kx) => {
      const [first, second] = byInput ? [ic, oc] : [oc, ic];
      const within = second - Math.floor(first / perOuterGroup) * perGroup;
      if (within < 0 || within >= perGroup) return 0;
      const tap = ky * kernelWidth + kx;
      return data[(first * perGroup + within) * (last + 1) + (isAdjoint ? last - tap : tap)];
    },
  };
}

/** A copy of a tensor's elements: its own array, once it was asked for, may be written to, and is looked after from then on. */
export function elementsOf(tensor: Tensor): Float32Array {
  const elements = new Float32Array(tensor.size);
  tensor.copyInto(elements);
  return elements;
}
