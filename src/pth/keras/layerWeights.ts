import { rowMajorStrides } from '../../tensor/shape.js';
import type { Budget } from '../budget.js';
import { COSTS } from '../pickle/costs.js';

/** What describes an array of a layer, whatever it is stored in. */
export interface LayerWeight<T> {
  /** Of the model within the file, `gen_G`; empty for the whole. */
  readonly model: string;
  /** As Keras calls it, with or without a number: `conv2d_21`. */
  readonly layer: string;
  /** `kernel`, or its place among the layer's: `0`. */
  readonly name: string;
  readonly array: T;
}

/** A tensor under the name that it has in PyTorch, and how its axes are to be put. */
export interface NamedWeight<T> {
  readonly key: string;
  /** Which axis of the array each of the tensor's is; `null` where they are as they are. */
  readonly axes: readonly number[] | null;
  readonly array: T;
}

/** What a layer is told from others by: `conv2d_21` of Keras, `conv2d_Conv2D21` of TensorFlow.js. */
const NUMBER = /_(?:[A-Z]\w*?)?\d+$/;

const NORM = ['gamma', 'beta', 'moving_mean', 'moving_variance'];
const CONVOLUTION = ['kernel', 'bias'];

/** What layers have, in order, by what Keras calls them: newer files number it. */
const WEIGHTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['conv2d', CONVOLUTION],
  ['conv2d_transpose', CONVOLUTION],
  ['dense', CONVOLUTION],
  ['instance_normalization', NORM],
  ['group_normalization', NORM],
  ['layer_normalization', NORM],
  ['batch_normalization', NORM],
]);

/** PyTorch's names. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['kernel', 'weight'],
  ['gamma', 'weight'],
  ['beta', 'bias'],
  ['moving_mean', 'running_mean'],
  ['moving_variance', 'running_var'],
]);

/**
 * The weights of Keras' layers under PyTorch's names. Layers of one kind are numbered in their order within a model, as Keras 3 does in
 * its files, whatever numbers they had when they were made: `conv2d`, `conv2d_1`. Kernels come in PyTorch's order of axes: `[height, width,
 * in, out]` of a convolution, and `[height, width, out, in]` of a transposed one, with the last two first, and turned.
 *
 * @param weights In the order of the layers.
 */
export function namedWeights<T>(
  weights: readonly (LayerWeight<T> & { readonly rank: number })[],
  budget: Budget,
): readonly NamedWeight<T>[] {
  const several = new Set(weights.map(({ model }) => model)).size > 1;
  const counts = new Map<string, number>();
  const numbered = new Map<string, string>();
  return weights.map(({ model, layer, name, array, rank }) => {
    // Both maps have these names, with others behind them.
    const characters = 4 * COSTS.character * (model.length + layer.length);
    budget.takeValues(2 * COSTS.mapEntry + 4 * COSTS.text + characters, 'A layer');
    const kind = layer.replace(NUMBER, '');
    const prefix = several && model !== '' ? `${model}.` : '';
    const whole = `${model}\0${layer}`;
    if (!numbered.has(whole)) {
      const count = counts.get(`${model}\0${kind}`) ?? 0;
      counts.set(`${model}\0${kind}`, count + 1);
      numbered.set(whole, count === 0 ? kind : `${kind}_${count}`);
    }
    const own = /^\d+$/.test(name) ? (WEIGHTS.get(kind)?.[Number(name)] ?? name) : name;
    const key = `${prefix}${numbered.get(whole)}.${NAMES.get(own) ?? own}`;
    budget.takeValues(COSTS.text + COSTS.character * key.length, 'A key');
    return { key, axes: own === 'kernel' ? kernelAxes(rank) : null, array };
  });
}

function kernelAxes(rank: number): readonly number[] | null {
  if (rank < 2) return null;
  return [rank - 1, rank - 2, ...Array.from({ length: rank - 2 }, (_, axis) => axis)];
}

/** A key for messages. */
export function shownKey(key: string): string {
  return JSON.stringify(key.slice(0, 100));
}

/** Shape and strides of an array with its axes put in another order. */
export function turned(
  shape: readonly number[],
  axes: readonly number[] | null,
): { readonly shape: readonly number[]; readonly strides: readonly number[] } {
  const strides = rowMajorStrides(shape);
  if (axes === null) return { shape, strides };
  return { shape: axes.map((axis) => shape[axis]), strides: axes.map((axis) => strides[axis]) };
}
