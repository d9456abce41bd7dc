import type { Tensor } from '../../../tensor/tensor.js';
import { elementsOf } from '../../shared/convolutionKernel.js';
import type { ConstantNorm } from '../../shared/fuse/steps.js';
import type { WeightBuffer } from './buffers.js';
import { FACTOR_ROWS, vectorsOf } from './source.js';

/** A weight as it is, one element after the other. */
export function plainWeight(id: number, size: number): WeightBuffer {
  const pack: WeightBuffer['pack'] = (weight) => elementsOf(weight(id));
  return { kind: 'weights', format: 'f32', elements: size, of: [id], pack };
}

/** One element for each channel, padded with zeros; of a weight with one element, that for all. */
export function channelWeight(id: number, channels: number): WeightBuffer {
  const count = vectorsOf(channels) * 4;
  return {
    kind: 'weights',
    format: 'f32',
    elements: count,
    of: [id],
    pack: (weight) => {
      const elements = elementsOf(weight(id));
      const to = new Float32Array(count);
      for (let c = 0; c < channels; c++) to[c] = elements[elements.length === 1 ? 0 : c];
      return to;
    },
  };
}

/** The factors of a norm whose statistics are weights. */
export function constantFactors(norm: ConstantNorm): WeightBuffer {
  const { channels } = norm.to;
  const row = vectorsOf(channels) * 4;
  const present = (id: number | null): id is number => id !== null;
  return {
    kind: 'weights',
    format: 'f32',
    elements: FACTOR_ROWS.count * row,
    of: [norm.weight, norm.bias, norm.mean, norm.variance].filter(present),
    pack: (weight) => {
      const of = (id: number | null): Float32Array | null =>
        id === null ? null : elementsOf(weight(id));
      const [scale, shift, mean, variance] = [norm.weight, norm.bias, norm.mean, norm.variance].map(
        of,
      );
      const to = new Float32Array(FACTOR_ROWS.count * row);
      for (let c = 0; c < channels; c++) {
        const deviation = Math.sqrt((variance as Float32Array)[c] + norm.eps);
        to[FACTOR_ROWS.mean * row + c] = (mean as Float32Array)[c];
        to[FACTOR_ROWS.scale * row + c] = (scale?.[c] ?? 1) / deviation;
        to[FACTOR_ROWS.shift * row + c] = shift?.[c] ?? 0;
      }
      return to;
    },
  };
}

/** How a weight is looked up. */
export type WeightLookup = (id: number) => Tensor;
