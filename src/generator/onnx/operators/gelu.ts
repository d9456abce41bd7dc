import type { Value } from '../../../graph/builder.js';
import { addOperator } from '../../../tensor/add.js';
import { clampOperator } from '../../../tensor/clamp.js';
import { divOperator } from '../../../tensor/div.js';
import { mulOperator } from '../../../tensor/mul.js';
import { subOperator } from '../../../tensor/sub.js';
import { tanhOperator } from '../../../tensor/tanh.js';
import { absOperator } from '../../../tensor/training/elementwise.js';
import type { Lower, Lowering } from '../lowering.js';
import { exponential } from './activations.js';

/** Of Abramowitz and Stegun's 7.1.26, whose error is below 1.5e-7. */
const P = 0.3275911;
const FACTORS = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429];
/** Large enough that any number of float32 that matters becomes its sign, within [-1, 1]. */
const STEEP = 1e30;

/** `erf(x)` of values that are not negative. */
function positiveErf(node: Lower, x: Value): Value {
  const { g } = node;
  const number = (value: number) => node.numbers(String(value), [value], []);
  const times = (a: Value, b: Value) => g.apply(mulOperator, [a, b], {});
  const plus = (a: Value, b: Value) => g.apply(addOperator, [a, b], {});
  const t = g.apply(divOperator, [number(1), plus(times(x, number(P)), number(1))], {});
  const polynomial = FACTORS.reduceRight<Value | null>(
    (sum, factor) => times(sum === null ? number(factor) : plus(sum, number(factor)), t),
    null,
  ) as Value;
  const power = exponential(node, times(times(x, x), number(-1)));
  return g.apply(subOperator, [number(1), times(polynomial, power)], {});
}

export const erf: Lowering = (node) => {
  const { g } = node;
  const x = node.computed(0);
  const size = positiveErf(node, g.apply(absOperator, [x.value], {}));
  const steep = g.apply(mulOperator, [x.value, node.numbers('steep', [STEEP], [])], {});
  const sign = g.apply(clampOperator, [steep], { min: -1, max: 1 });
  return x.with(g.apply(mulOperator, [sign, size], {}));
};

/** `x/2 · (1 + erf(x/√2))`, which is `(x + |x| · erf(|x|/√2)) / 2`; or its approximation by a tanh. */
export const gelu: Lowering = (node) => {
  const { g } = node;
  const x = node.computed(0);
  const number = (value: number) => node.numbers(String(value), [value], []);
  const times = (a: Value, b: Value) => g.apply(mulOperator, [a, b], {});
  const plus = (a: Value, b: Value) => g.apply(addOperator, [a, b], {});
  const { value } = x;
  if (node.text('approximate', 'none') === 'tanh') {
    const cube = times(times(times(value, value), value), number(0.044715));
    const inner = times(plus(value, cube), number(Math.sqrt(2 / Math.PI)));
    const gate = plus(g.apply(tanhOperator, [inner], {}), number(1));
    return x.with(times(times(value, number(0.5)), gate));
  }
  const size = g.apply(absOperator, [value], {});
  const part = times(size, positiveErf(node, times(size, number(Math.SQRT1_2))));
  return x.with(times(plus(value, part), number(0.5)));
};
