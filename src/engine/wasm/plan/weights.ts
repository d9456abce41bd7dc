import type { Conv2dParams } from '../../../tensor/conv2d.js';
import type { ConvTranspose2dParams } from '../../../tensor/convTranspose2d.js';
import type { Lattice } from '../../../tensor/lattice.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { panelRanges } from '../kernels/panels.js';
import type { Target } from '../kernels/target.js';

/** A convolution's weights, direct or transposed, by output and input channel. */
export interface KernelView {
  readonly outChannels: number;
  readonly inChannels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly groups: number;
  /** Zero where the channels are of different groups. */
  at(oc: number, ic: number, ky: number, kx: number): number;
}

/** Elements one by one, which nobody asks for before the first. */
function elementsOf(weight: Tensor): (index: number) => number {
  let data: Float32Array | null = null;
  return (index) => {
    data ??= weight.data;
    return data[index];
  };
}

export function convKernel({ weight, groups }: Conv2dParams): KernelView {
  const [outChannels, perGroup, kernelHeight, kernelWidth] = weight.shape;
  const element = elementsOf(weight);
  return {
    outChannels,
    inChannels: perGroup * groups,
    kernelHeight,
    kernelWidth,
    groups,
    at: (oc, ic, ky, kx) => {
      const within = ic - Math.floor(oc / (outChannels / groups)) * perGroup;
      if (within < 0 || within >= perGroup) return 0;
      return element(((oc * perGroup + within) * kernelHeight + ky) * kernelWidth + kx);
    },
  };
}

export function transposedKernel({ weight, groups }: ConvTranspose2dParams): KernelView {
  const [inChannels, perGroup, kernelHeight, kernelWidth] = weight.shape;
  const element = elementsOf(weight);
  return {
    outChannels: perGroup * groups,
    inChannels,
    kernelHeight,
    kernelWidth,
    groups,
    at: (oc, ic, ky, kx) => {
      const within = oc - Math.floor(ic / (inChannels / groups)) * perGroup;
      if (within < 0 || within >= perGroup) return 0;
      return element(((ic * perGroup + within) * kernelHeight + ky) * kernelWidth + kx);
    },
  };
}

/** Floats of one phase's weights, packed `[n / panel][K][panel]` with K = (tap row, tap column, ic). */
export function packedFloats(rows: Lattice, cols: Lattice, channels: number, n: number): number {
  return rows.taps.length * cols.taps.length * channels * n;
}

/** Packs one phase of a convolution for the product kernel. Padding stays as it is: zero. */
export function packPhase(
  kernel: KernelView,
  rows: Lattice,
  cols: Lattice,
  channels: number,
  n: number,
  target: Target,
  to: Float32Array,
): void {
  const byOffset = (lattice: Lattice) => lattice.taps.toSorted((a, b) => a.offset - b.offset);
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
export function packNarrow(
  kernel: KernelView,
  rows: Lattice,
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
  else to.set(tensor.data);
}
