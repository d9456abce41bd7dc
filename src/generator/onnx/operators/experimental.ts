import { addOperator } from '../../../tensor/add.js';
import { mulOperator } from '../../../tensor/mul.js';
import { padOperator } from '../../../tensor/pad.js';
import type { Lowering } from '../lowering.js';
import { Computed, Constant } from '../operand.js';
import { pairOf } from './arithmetic.js';

/**
 * Operators that ONNX had up to opset 9 and took back, which converters of Core ML's models wrote.
 * @see https://github.com/onnx/onnx/blob/rel-1.4.1/docs/Operators.md
 */

/** `scale · x`, and a bias for each channel. */
export const imageScaler: Lowering = (node) => {
  const x = new Computed(node.picture(0));
  const bias = node.integers('bias') ?? [];
  const scaled = pairOf(node, mulOperator, x, Constant.of([node.integer('scale', 1)], []));
  const shift = node.numbers('bias', bias, [bias.length, 1, 1]);
  return new Computed(node.g.apply(addOperator, [scaled.value, shift], {}));
};

/** `[left, top, right, bottom]` are taken off; with `scale`, a part of that size is taken. */
export const crop: Lowering = (node) => {
  const x = node.picture(0);
  const border = node.integers('border') ?? [0, 0, 0, 0];
  const scale = node.integers('scale');
  const [left = 0, top = 0, right = 0, bottom = 0] = border;
  const [height, width] = [x.shape[2], x.shape[3]];
  const end = scale === null ? [bottom, right] : [height - top - scale[0], width - left - scale[1]];
  const padding = [-left, -end[1], -top, -end[0]] as const;
  return new Computed(node.g.apply(padOperator, [x], { mode: 'constant', padding }));
};

/** `alpha · x + beta`. */
export const affine: Lowering = (node) => {
  const x = node.computed(0);
  const [alpha, beta] = ['alpha', 'beta'].map((name, i) =>
    node.numbers(name, [node.integer(name, 1 - i)], []),
  );
  return x.with(
    node.g.apply(addOperator, [node.g.apply(mulOperator, [x.value, alpha], {}), beta], {}),
  );
};
