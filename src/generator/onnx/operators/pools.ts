import type { Value } from '../../../graph/builder.js';
import { adaptiveAvgPool2dOperator } from '../../../tensor/adaptiveAvgPool2d.js';
import { adaptiveMaxPool2dOperator } from '../../../tensor/adaptiveMaxPool2d.js';
import { avgPool2dOperator } from '../../../tensor/avgPool2d.js';
import { maxPool2dOperator, resolveMaxPool2d } from '../../../tensor/maxPool2d.js';
import { resolvePool } from '../../../tensor/pooling.js';
import type { Lower, Lowering } from '../lowering.js';
import { Computed } from '../operand.js';
import { aroundOf, isEven, pairOf } from './windows.js';

function poolAttributes(node: Lower, x: Value, dilation: readonly [number, number]) {
  const kernel = pairOf(node, 'kernel_shape', null);
  const stride = pairOf(node, 'strides');
  const around = aroundOf(node, [x.shape[2], x.shape[3]], kernel, stride, dilation);
  if (!isEven(around)) throw node.refusal('its pads are not the same on both sides');
  const ceilMode = node.integer('ceil_mode', 0) === 1;
  return resolvePool(node.node.type, kernel, { stride, padding: around.before, ceilMode });
}

export const averagePool: Lowering = (node) => {
  const x = node.picture(0);
  const dilation = pairOf(node, 'dilations');
  if (dilation.some((step) => step !== 1)) throw node.refusal('its windows are dilated');
  const countIncludePad = node.integer('count_include_pad', 0) === 1;
  const attributes = { ...poolAttributes(node, x, dilation), countIncludePad };
  return new Computed(node.g.apply(avgPool2dOperator, [x], attributes));
};

export const maxPool: Lowering = (node) => {
  const x = node.picture(0);
  if (node.node.outputs.length > 1 && node.node.outputs[1] !== '')
    throw node.refusal('its indices are used');
  const dilation = pairOf(node, 'dilations');
  const { kernelSize, ...pool } = poolAttributes(node, x, dilation);
  const attributes = resolveMaxPool2d(kernelSize, { ...pool, dilation });
  return new Computed(node.g.apply(maxPool2dOperator, [x], attributes));
};

const ONE = { outputSize: [1, 1] } as const;

export const globalAveragePool: Lowering = (node) =>
  new Computed(node.g.apply(adaptiveAvgPool2dOperator, [node.picture(0)], ONE));

export const globalMaxPool: Lowering = (node) =>
  new Computed(node.g.apply(adaptiveMaxPool2dOperator, [node.picture(0)], ONE));
