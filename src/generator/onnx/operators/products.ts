import { addOperator } from '../../../tensor/add.js';
import { conv2dOperator, resolveConv2d } from '../../../tensor/conv2d.js';
import { linearOperator } from '../../../tensor/linear.js';
import { sameShape } from '../../../tensor/shape.js';
import { softmaxOperator } from '../../../tensor/softmax.js';
import { axisAt } from '../axes.js';
import type { Lower, Lowering } from '../lowering.js';
import { Computed, type Constant } from '../operand.js';
import { permuted } from '../permute.js';

/** Axes of `[N, C, H, W]` as `[N, H, W, C]` counts them. */
const CHANNELS_LAST = [0, 2, 3, 1];

/** `[out, in]` of a constant of two dimensions. */
function weightOf(node: Lower, weight: Constant, isTurned: boolean, factor = 1) {
  if (weight.shape.length !== 2)
    throw node.refusal(`a product by a constant of shape [${weight.shape.join(', ')}]`);
  if (isTurned && factor === 1) return node.leaf(weight);
  const [rows, columns] = weight.shape;
  const shape = isTurned ? [rows, columns] : [columns, rows];
  return node.derived('turned', shape, weight, () => {
    const numbers = permuted(weight.numbers, weight.shape, isTurned ? [0, 1] : [1, 0]);
    return factor === 1 ? numbers : numbers.map((value) => factor * value);
  });
}

export const gemm: Lowering = (node) => {
  const x = node.plain(node.computed(0));
  if (node.integer('transA', 0) !== 0) throw node.refusal('its first operand is transposed');
  const weight = weightOf(
    node,
    node.constant(1),
    node.integer('transB', 0) === 1,
    node.integer('alpha', 1),
  );
  const made = node.g.apply(linearOperator, [x, weight, null], {});
  const bias = node.optional(2);
  if (bias === null) return new Computed(made);
  const beta = node.integer('beta', 1);
  const shift =
    beta === 1
      ? node.leaf(bias)
      : node.derived('beta', bias.shape, bias, () =>
          Float64Array.from(bias.numbers, (value) => beta * value),
        );
  return new Computed(node.g.apply(addOperator, [made, shift], {}));
};

/** Along the channels of pictures that have them last, a product is a convolution of one pixel. */
export const matMul: Lowering = (node) => {
  const given = node.computed(0);
  if (given.view === null && sameShape(given.axes ?? [], CHANNELS_LAST))
    return pixelwise(node, given);
  const x = node.plain(given);
  const weight = weightOf(node, node.constant(1), false);
  return new Computed(node.g.apply(linearOperator, [x, weight, null], {}));
};

function pixelwise(node: Lower, x: Computed): Computed {
  const weight = node.constant(1);
  const [rows, columns] = weight.shape;
  if (weight.shape.length !== 2)
    throw node.refusal(`a product by a constant of shape [${weight.shape.join(', ')}]`);
  const kernels = node.derived('pixelwise', [columns, rows, 1, 1], weight, () =>
    permuted(weight.numbers, weight.shape, [1, 0]),
  );
  const attributes = resolveConv2d({});
  return x.with(node.g.apply(conv2dOperator, [x.value, kernels, null], attributes));
}

/** Before opset 13, all axes from the first on were one. */
export const softmax: Lowering = (node) => {
  const x = node.computed(0);
  const isOld = node.opset < 13;
  const axis = axisAt(node, node.integer('axis', isOld ? 1 : -1), x.shape.length);
  if (x.view !== null || (isOld && x.shape.slice(axis + 1).some((side) => side !== 1))) {
    throw node.refusal(`it is along axis ${axis} and all behind it`);
  }
  return x.with(node.g.apply(softmaxOperator, [x.value], { dim: x.axes?.[axis] ?? axis }));
};
