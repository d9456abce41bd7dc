import type { AxisPhase } from '../../../tensor/axisPhase.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { elementsOf, type KernelView } from '../../shared/convolutionKernel.js';
import { panelRanges } from '../kernels/gemm/panels.js';
import type { Target } from '../kernels/target.js';

export {
  elementsOf,
  type KernelShape,
  type KernelStrides,
  type KernelView,
  kernelShape,
  kernelStrides,
  kernelView,
} from '../../shared/convolutionKernel.js';

/** Floats of one phase's weights, packed `[n / panel][K][panel]` with K = (tap row, tap column, ic). */
export function packedFloats(
  rows: AxisPhase,
  cols: AxisPhase,
  channels: number,
  n: number,
): number {
  return rows.taps.length * cols.taps.length * channels * n;
}

/** Packs one phase of a convolution for the GEMM micro-kernel. Padding stays as it is: zero. */
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

/** Packs for few output channels: N = (kernel column, oc), K = (tap row, ic). */
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

/** Writes rows of `length` elements into rows of `pitch`. Padding stays as it is: zero. */
export function packRows(tensor: Tensor, length: number, pitch: number, to: Float32Array): void {
  if (length === pitch) {
    tensor.copyInto(to.subarray(0, tensor.size));
    return;
  }
  const elements = elementsOf(tensor);
  for (let from = 0, row = 0; from < elements.length; from += length, row += pitch) {
    to.set(elements.subarray(from, from + length), row);
  }
}

/** Writes `tensor`, or `fill` where there is none, into one row of padded channels. */
export function packVector(tensor: Tensor | null, fill: number, to: Float32Array): void {
  if (tensor === null) to.fill(fill);
  else tensor.copyInto(to.subarray(0, tensor.size));
}
