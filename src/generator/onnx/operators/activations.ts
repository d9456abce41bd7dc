import type { Value } from '../../../graph/builder.js';
import { addOperator } from '../../../tensor/add.js';
import { clampOperator } from '../../../tensor/clamp.js';
import { divOperator } from '../../../tensor/div.js';
import { leakyReluOperator } from '../../../tensor/leakyRelu.js';
import { mulOperator } from '../../../tensor/mul.js';
import { preluOperator } from '../../../tensor/prelu.js';
import { reluOperator } from '../../../tensor/relu.js';
import { sigmoidOperator } from '../../../tensor/sigmoid.js';
import { subOperator } from '../../../tensor/sub.js';
import { tanhOperator } from '../../../tensor/tanh.js';
import {
  absOperator,
  softplusOperator,
  sqrtOperator,
} from '../../../tensor/training/elementwise.js';
import type { Lower, Lowering } from '../lowering.js';

/** What becomes of each element by itself: how the others lie does not matter. */
const each =
  (make: (node: Lower, x: Value) => Value): Lowering =>
  (node) => {
    const x = node.computed(0);
    return x.with(make(node, x.value));
  };

const number = (node: Lower, value: number) => node.numbers(String(value), [value], []);
const clamped = (node: Lower, x: Value, min: number, max: number) =>
  node.g.apply(clampOperator, [x], { min, max });

export const relu = each(({ g }, x) => g.apply(reluOperator, [x], {}));
export const sigmoid = each(({ g }, x) => g.apply(sigmoidOperator, [x], {}));
export const tanh = each(({ g }, x) => g.apply(tanhOperator, [x], {}));
export const softplus = each(({ g }, x) => g.apply(softplusOperator, [x], {}));
export const abs = each(({ g }, x) => g.apply(absOperator, [x], {}));
export const sqrt = each(({ g }, x) => g.apply(sqrtOperator, [x], {}));
export const neg = each((node, x) => node.g.apply(mulOperator, [x, number(node, -1)], {}));
export const reciprocal = each((node, x) => node.g.apply(divOperator, [number(node, 1), x], {}));
export const exp = each(exponential);

export const leakyRelu = each((node, x) =>
  node.g.apply(leakyReluOperator, [x], { negativeSlope: node.integer('alpha', 0.01) }),
);

/** A bound may be an input, an attribute, or absent. */
export const clip = each((node, x) => {
  const bound = (index: number, name: string, absent: number) =>
    node.has(index) ? (node.constant(index).numbers[0] ?? absent) : node.integer(name, absent);
  const min = bound(1, 'min', Number.NEGATIVE_INFINITY);
  const max = bound(2, 'max', Number.POSITIVE_INFINITY);
  return clamped(node, x, Math.min(min, max), max);
});

export const hardSigmoid = each((node, x) => {
  const scaled = node.g.apply(mulOperator, [x, number(node, node.integer('alpha', 0.2))], {});
  const shifted = node.g.apply(addOperator, [scaled, number(node, node.integer('beta', 0.5))], {});
  return clamped(node, shifted, 0, 1);
});

export const hardSwish = each((node, x) => {
  const { g } = node;
  const part = clamped(node, g.apply(addOperator, [x, number(node, 3)], {}), 0, 6);
  return g.apply(mulOperator, [x, g.apply(mulOperator, [part, number(node, 1 / 6)], {})], {});
});

export const swish = each((node, x) => {
  const { g } = node;
  const alpha = node.integer('alpha', 1);
  const scaled = alpha === 1 ? x : g.apply(mulOperator, [x, number(node, alpha)], {});
  return g.apply(mulOperator, [x, g.apply(sigmoidOperator, [scaled], {})], {});
});

export const mish = each(({ g }, x) => {
  const inner = g.apply(tanhOperator, [g.apply(softplusOperator, [x], {})], {});
  return g.apply(mulOperator, [x, inner], {});
});

export const softsign = each((node, x) => {
  const { g } = node;
  const below = g.apply(addOperator, [g.apply(absOperator, [x], {}), number(node, 1)], {});
  return g.apply(divOperator, [x, below], {});
});

export const elu = each((node, x) => elus(node, x, node.integer('alpha', 1), 1));
export const selu = each((node, x) =>
  elus(
    node,
    x,
    node.integer('alpha', 1.6732631921768188),
    node.integer('gamma', 1.0507010221481323),
  ),
);

/** `γ · (max(x, 0) + α · (e^min(x, 0) − 1))`. */
function elus(node: Lower, x: Value, alpha: number, gamma: number): Value {
  const { g } = node;
  const power = unitPower(node, clamped(node, x, Number.NEGATIVE_INFINITY, 0));
  const below = g.apply(subOperator, [power, number(node, 1)], {});
  const scaled = g.apply(mulOperator, [below, number(node, alpha)], {});
  const sum = g.apply(addOperator, [g.apply(reluOperator, [x], {}), scaled], {});
  return gamma === 1 ? sum : g.apply(mulOperator, [sum, number(node, gamma)], {});
}

/** `eˣ` up to 0, by the sigmoid: `s / (1 − s)`, where `s` is half at most. */
function unitPower(node: Lower, x: Value): Value {
  const { g } = node;
  const s = g.apply(sigmoidOperator, [x], {});
  const rest = g.apply(sigmoidOperator, [g.apply(mulOperator, [x, number(node, -1)], {})], {});
  return g.apply(divOperator, [s, rest], {});
}

/** `e^min(x, 0) / e^min(−x, 0)`. */
export function exponential(node: Lower, x: Value): Value {
  const { g } = node;
  const below = unitPower(node, clamped(node, x, Number.NEGATIVE_INFINITY, 0));
  const turned = g.apply(mulOperator, [x, number(node, -1)], {});
  const above = unitPower(node, clamped(node, turned, Number.NEGATIVE_INFINITY, 0));
  return g.apply(divOperator, [below, above], {});
}

/** One slope, or one for each channel: `[C, 1, 1]` and the like. Along the width alone, there is none here. */
export const prelu: Lowering = (node) => {
  const [x, slope] = [node.computed(0), node.constant(1)];
  const { shape } = x;
  const channels = x.axes === null ? 1 : x.axes.indexOf(1);
  const sides = [
    ...new Array<number>(Math.max(0, shape.length - slope.shape.length)).fill(1),
    ...slope.shape,
  ];
  const isPerChannel = sides.every((side, axis) => side === 1 || axis === channels);
  if (x.view !== null || !isPerChannel) {
    throw node.refusal(
      `its slope has shape [${slope.shape.join(', ')}]; one, or one for each channel, is known here`,
    );
  }
  return x.with(node.g.apply(preluOperator, [x.value, node.leaf(slope, [slope.size])], {}));
};
