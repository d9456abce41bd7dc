import type { AxisPhase } from '../../../tensor/axisPhase.js';
import type { Tensor } from '../../../tensor/tensor.js';
import type { ConvolutionStep } from '../../shared/fuse/steps.js';
import { panelRanges } from '../kernels/gemm/panels.js';
import type { Target } from '../kernels/target.js';

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

type Kernel = Pick<ConvolutionStep, 'isTransposed' | 'weightShape' | 'groups'>;

export function kernelShape({ isTransposed, weightShape, groups }: Kernel): KernelShape {
  const [first, perGroup, kernelHeight, kernelWidth] = weightShape;
  const outChannels = isTransposed ? perGroup * groups : first;
  const inChannels = isTransposed ? first : perGroup * groups;
  return { outChannels, inChannels, kernelHeight, kernelWidth, groups };
}

/** The elements of a convolution's weight by channels, whichever way it goes. */
export function kernelView(kernel: Kernel, weight: Tensor): KernelView {
  const data = elementsOf(weight);
  const { isTransposed, weightShape, groups } = kernel;
  const [outer, perGroup, kernelHeight, kernelWidth] = weightShape;
  const perOuterGroup = outer / groups;
  return {
    ...kernelShape(kernel),
    at: (oc, ic, ky, kx) => {
      const [first, second] = isTransposed ? [ic, oc] : [oc, ic];
      const within = second - Math.floor(first / perOuterGroup) * perGroup;
      if (within < 0 || within >= perGroup) return 0;
      return data[((first * perGroup + within) * kernelHeight + ky) * kernelWidth + kx];
    },
  };
}

/** A copy of a tensor's elements: its own array, once it was asked for, may be written to, and is looked after from then on. */
export function elementsOf(tensor: Tensor): Float32Array {
  const elements = new Float32Array(tensor.size);
  tensor.copyInto(elements);
  return elements;
}

/** Floats of one phase's weights, packed `[n / panel][K][panel]` with K = (tap row, tap column, ic). */
export function packedFloats(
  rows: AxisPhase,
  cols: AxisPhase,
  channels: number,
  n: number,
): number {
  return rows.taps.length * cols.taps.length * channels * n;
}

/** Packs one phase of a convolution for the product kernel. Padding stays as it is: zero. */
export function packPhase(
  kernel: KernelView,
  rows: AxisPhase,
  cols: AxisPhase,
  channels: number,
  n: number,
  target: Target,
  to: Float32Array,
): void {
  const byOffset = (phase: AxisPhase) => phase.taps.toSorted((a, b) => a.offset - b.offset);
  let at = 0;
  for (const { first, width } of panelRanges(target, n)) {
    const lanes = Math.min(width, kernel.outChannels - first);
    for (const row of byOffset(rows)) {
      for (const col of byOffset(cols)) {
        for (let ic = 0; ic < channels; ic++, at += width) {
          if (ic >= kernel.inChannels) continue;
          for (let lane = 0; lane < lanes; lane++) {
            to[at + lane] = kernel.at(first + lane, ic, row.kernel, col.kernel);
          }
        }
      }
    }
  }
}

/** Packs for the narrow kernel: N = (kernel column, oc), K = (tap row, ic). */
export function packFewOutputs(
  kernel: KernelView,
  rows: AxisPhase,
  channels: number,
  n: number,
  target: Target,
  to: Float32Array,
): void {
  const { kernelWidth, outChannels, inChannels } = kernel;
  let at = 0;
  for (const { first, width } of panelRanges(target, n)) {
    for (const row of rows.taps) {
      for (let ic = 0; ic < channels; ic++, at += width) {
        if (ic >= inChannels) continue;
        for (let lane = 0; lane < width; lane++) {
          const kx = Math.floor((first + lane) / outChannels);
          if (kx >= kernelWidth) break;
          to[at + lane] = kernel.at((first + lane) % outChannels, ic, row.kernel, kx);
        }
      }
    }
  }
}

/** Writes `tensor`, or `fill` where there is none, into one row of padded channels. */
export function packVector(tensor: Tensor | null, fill: number, to: Float32Array): void {
  if (tensor === null) to.fill(fill);
  else tensor.copyInto(to.subarray(0, tensor.size));
}
