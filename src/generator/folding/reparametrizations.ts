import { sizeOf } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';

/** A weight that PyTorch keeps as other tensors, of which it computes the weight before each forward. */
export interface Reparametrization {
  /** For messages: `weight norm`. */
  readonly title: string;
  /** What its tensors are called, `*` for the weight's own name; the first has the weight's shape. */
  readonly parts: readonly string[];
  /**
   * The weight as eval mode has it.
   * @param outputAxis Which of its sides are output channels: 1 of transposed convolutions, else 0.
   */
  weight(parts: readonly Tensor[], outputAxis: number): Tensor;
}

/** All that are known; of two that share a part, the one with more parts comes first. */
export const REPARAMETRIZATIONS: readonly Reparametrization[] = [
  { title: 'spectral norm', parts: ['*_orig', '*_u', '*_v'], weight: spectrallyNormed },
  {
    title: 'spectral norm',
    parts: ['parametrizations.*.original', 'parametrizations.*.0._u', 'parametrizations.*.0._v'],
    weight: spectrallyNormed,
  },
  { title: 'weight norm', parts: ['*_v', '*_g'], weight: weightNormed },
  {
    title: 'weight norm',
    parts: ['parametrizations.*.original1', 'parametrizations.*.original0'],
    weight: weightNormed,
  },
  { title: 'pruning', parts: ['*_orig', '*_mask'], weight: ([weight, mask]) => weight.mul(mask) },
];

/**
 * `g · v / ‖v‖`, the norm over all sides that `g` has none of.
 * @see torch.nn.utils.weight_norm
 */
function weightNormed([v, g]: readonly Tensor[]): Tensor {
  const { shape, size, data } = v;
  const axis = g.size === 1 ? -1 : g.shape.findIndex((side) => side > 1);
  const inner = axis < 0 ? size : sizeOf(shape.slice(axis + 1));
  const groupOf = (i: number) => (axis < 0 ? 0 : Math.floor(i / inner) % shape[axis]);
  const squares = new Float64Array(g.size);
  for (let i = 0; i < size; i++) squares[groupOf(i)] += data[i] * data[i];
  const scales = squares.map((square, group) => g.data[group] / Math.sqrt(square));
  return Tensor.owning(
    data.map((value, i) => value * scales[groupOf(i)]),
    shape,
  );
}

/**
 * The weight over its largest singular value, as the vectors that were left by training tell it.
 * @see torch.nn.utils.spectral_norm, Miyato et al., arXiv:1802.05957
 */
function spectrallyNormed([weight, u, v]: readonly Tensor[], outputAxis: number): Tensor {
  const { shape, size, data } = weight;
  const rows = shape[outputAxis];
  const inner = sizeOf(shape.slice(outputAxis + 1));
  let sigma = 0;
  for (let i = 0; i < size; i++) {
    const row = Math.floor(i / inner) % rows;
    // As a matrix, output channels come first, and all other sides follow in their order.
    const column = Math.floor(i / (inner * rows)) * inner + (i % inner);
    sigma += u.data[row] * data[i] * v.data[column];
  }
  return Tensor.owning(
    data.map((value) => value / sigma),
    shape,
  );
}
