import type { Value } from '../../../graph/builder.js';
import { adaptiveAvgPool2dOperator } from '../../../tensor/adaptiveAvgPool2d.js';
import { adaptiveMaxPool2dOperator } from '../../../tensor/adaptiveMaxPool2d.js';
import { mulOperator } from '../../../tensor/mul.js';
import { sumOperator } from '../../../tensor/training/sum.js';
import { axesOf } from '../axes.js';
import type { Lower, Lowering } from '../lowering.js';
import { Computed } from '../operand.js';

type Reduce = (node: Lower, value: Value, dims: readonly number[]) => Value;

/** Sides that are reduced stay, as 1, unless they are not to. */
const reduction =
  (reduce: Reduce): Lowering =>
  (node) => {
    const given = node.computed(0);
    const x = given.view === null ? given : new Computed(node.plain(given));
    const axes = axesOf(node, 1, x.shape.length);
    if (axes.length === 0) return x;
    const made = reduce(
      node,
      x.value,
      axes.map((axis) => x.axes?.[axis] ?? axis),
    );
    const kept = new Computed(made, x.axes);
    if (node.integer('keepdims', 1) === 1) return kept;
    return new Computed(
      made,
      x.axes,
      kept.shape.filter((_, axis) => !axes.includes(axis)),
    );
  };

const ONE = { outputSize: [1, 1] } as const;

function areSides(value: Value, dims: readonly number[]): boolean {
  return value.shape.length === 4 && dims.length === 2 && dims.includes(2) && dims.includes(3);
}

const total: Reduce = ({ g }, value, dims) => g.apply(sumOperator, [value], { dims });

export const reduceSum = reduction(total);

export const reduceMean = reduction((node, value, dims) => {
  if (areSides(value, dims)) return node.g.apply(adaptiveAvgPool2dOperator, [value], ONE);
  const count = dims.reduce((product, dim) => product * value.shape[dim], 1);
  const share = node.numbers('share', [1 / count], []);
  return node.g.apply(mulOperator, [total(node, value, dims), share], {});
});

export const reduceMax = reduction((node, value, dims) => {
  if (areSides(value, dims)) return node.g.apply(adaptiveMaxPool2dOperator, [value], ONE);
  throw node.refusal('a largest element of other dimensions than height and width');
});
