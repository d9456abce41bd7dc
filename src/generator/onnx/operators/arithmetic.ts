import type { Value } from '../../../graph/builder.js';
import { addOperator } from '../../../tensor/add.js';
import { clampOperator } from '../../../tensor/clamp.js';
import { divOperator } from '../../../tensor/div.js';
import { mulOperator } from '../../../tensor/mul.js';
import type { NoAttributes, Operator } from '../../../tensor/operator.js';
import { reluOperator } from '../../../tensor/relu.js';
import { sameShape } from '../../../tensor/shape.js';
import { subOperator } from '../../../tensor/sub.js';
import { sqrtOperator } from '../../../tensor/training/elementwise.js';
import type { Lower, Lowering } from '../lowering.js';
import { Computed, Constant, type Operand } from '../operand.js';
import { intoNorm } from './norms.js';

type Pair = Operator<NoAttributes, readonly ['a', 'b']>;

/** Two values element by element, with sides of 1 repeated, however their axes are counted. */
export function pairOf(node: Lower, operator: Pair, a: Operand, b: Operand): Computed {
  if (a instanceof Computed && b instanceof Computed) return ofBoth(node, operator, a, b);
  const like = a instanceof Computed ? a : (b as Computed);
  const isPlain = like.view === null;
  const constant = a instanceof Constant ? a : (b as Constant);
  if (!isPlain && constant.size > 1) {
    const plain = new Computed(node.plain(like));
    return pairOf(
      node,
      operator,
      a instanceof Computed ? plain : a,
      b instanceof Computed ? plain : b,
    );
  }
  const normed = intoNorm(node, like, constant);
  if (normed !== null) return like.with(normed);
  const other = node.broadcast(constant, like);
  const made = node.g.apply(
    operator,
    a instanceof Computed ? [like.value, other] : [other, like.value],
    {},
  );
  return sameShape(made.shape, like.value.shape) ? like.with(made) : new Computed(made, like.axes);
}

function ofBoth(node: Lower, operator: Pair, a: Computed, b: Computed): Computed {
  const apply = (x: Value, y: Value) => node.g.apply(operator, [x, y], {});
  const isAlike = sameShape(a.axes ?? [], b.axes ?? []);
  if (isAlike && a.view === null && b.view === null)
    return new Computed(apply(a.value, b.value), a.axes);
  const isOneView = a.view !== null && b.view !== null && sameShape(a.view, b.view);
  if (isAlike && isOneView && sameShape(a.value.shape, b.value.shape)) {
    return new Computed(apply(a.value, b.value), a.axes, a.view);
  }
  const second = a.view === null && a.axes !== null ? inOrder(node, b, a.axes) : null;
  if (second !== null) return new Computed(apply(a.value, second), a.axes);
  const first = b.view === null && b.axes !== null ? inOrder(node, a, b.axes) : null;
  if (first !== null) return new Computed(apply(first, b.value), b.axes);
  return new Computed(apply(node.plain(a), node.plain(b)));
}

/**
 * The value of an operand as if its axes were counted in another way; `null` where elements would have to move. tf2onnx reshapes what has
 * one pixel, `[N, C, 1, 1]`, in place of transposing it.
 */
function inOrder(node: Lower, x: Computed, axes: readonly number[]): Value | null {
  const sides = x.shape;
  if (sides.length !== axes.length) return null;
  const shape = [...sides];
  for (const [i, axis] of axes.entries()) shape[axis] = sides[i];
  // Sides of 1 may stand anywhere; the others have to follow each other as before.
  const long = axes.filter((_, i) => sides[i] !== 1);
  if (!long.every((axis, i) => i === 0 || axis > long[i - 1])) return null;
  if (x.axes === null && sameShape(x.value.shape, shape)) return x.value;
  return node.reshape(node.plain(x), shape);
}

const pair =
  (operator: Pair): Lowering =>
  (node) =>
    pairOf(node, operator, node.operand(0), node.operand(1));

export const add = pair(addOperator);
export const sub = pair(subOperator);
export const mul = pair(mulOperator);
export const div = pair(divOperator);

/** Any number of summands. */
export const sum: Lowering = (node) =>
  node.operands
    .map((_, i) => node.operand(i))
    .reduce(
      (total, next) => (total === null ? next : pairOf(node, addOperator, total, next)),
      null as Operand | null,
    ) ?? node.operand(0);

/** Of any number of operands: those that depend on the picture first, so that there is one to begin with. */
const extreme =
  (isMax: boolean): Lowering =>
  (node) => {
    const all = node.operands.map((_, i) => node.operand(i));
    const [first, ...others] = [
      ...all.filter((operand) => operand instanceof Computed),
      ...all.filter((operand) => operand instanceof Constant),
    ];
    return others.reduce((a, b) => extremeOf(node, isMax, a, b), first);
  };

/** `max(a, b)` is `relu(a − b) + b`; of a single number, a bound. */
function extremeOf(node: Lower, isMax: boolean, a: Operand, b: Operand): Operand {
  if (a instanceof Computed && b instanceof Constant && b.size === 1) {
    const bound = b.numbers[0];
    const [min, max] = isMax
      ? [bound, Number.POSITIVE_INFINITY]
      : [Number.NEGATIVE_INFINITY, bound];
    return a.with(node.g.apply(clampOperator, [a.value], { min, max }));
  }
  const difference = isMax ? pairOf(node, subOperator, a, b) : pairOf(node, subOperator, b, a);
  const above = difference.with(node.g.apply(reluOperator, [difference.value], {}));
  return pairOf(node, isMax ? addOperator : subOperator, isMax ? above : b, isMax ? b : above);
}

export const max = extreme(true);
export const min = extreme(false);

/** Of the exponents that norms and activations have. */
export const pow: Lowering = (node) => {
  const [x, exponent] = [node.computed(0), node.constant(1)];
  const { g } = node;
  const power = exponent.size === 1 ? exponent.numbers[0] : Number.NaN;
  const square = () => g.apply(mulOperator, [x.value, x.value], {});
  const root = () => g.apply(sqrtOperator, [x.value], {});
  const one = () => node.numbers('one', [1], []);
  if (power === 1) return x;
  if (power === 2) return x.with(square());
  if (power === 3) return x.with(g.apply(mulOperator, [square(), x.value], {}));
  if (power === 0.5) return x.with(root());
  if (power === -0.5) return x.with(g.apply(divOperator, [one(), root()], {}));
  if (power === -1) return x.with(g.apply(divOperator, [one(), x.value], {}));
  throw node.refusal(
    `its exponent is ${Number.isNaN(power) ? 'not one number' : power}; 2, 3, 0.5, -0.5 and -1 are known here`,
  );
};
