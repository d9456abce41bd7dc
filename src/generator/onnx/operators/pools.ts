import type { Value } from '../../../graph/builder.js';
import { adaptiveAvgPool2dOperator } from '../../../tensor/adaptiveAvgPool2d.js';
import { adaptiveMaxPool2dOperator } from '../../../tensor/adaptiveMaxPool2d.js';
import { avgPool2dOperator } from '../../../tensor/avgPool2d.js';
import { maxPool2dOperator, resolveMaxPool2d } from '../../../tensor/maxPool2d.js';
import { mulOperator } from '../../../tensor/mul.js';
import { type PadMode, padOperator } from '../../../tensor/pad.js';
import { resolvePool } from '../../../tensor/pooling.js';
import type { Lower, Lowering } from '../lowering.js';
import { Computed } from '../operand.js';
import { aroundOf, isEven, pairOf } from './windows.js';

/** A pool, and the picture with what is around one side alone put around it. */
function poolOf(
  node: Lower,
  x: Value,
  { dilation, mode }: { readonly dilation: readonly [number, number]; readonly mode: PadMode },
) {
  const kernel = pairOf(node, 'kernel_shape', null);
  const stride = pairOf(node, 'strides');
  const around = aroundOf(node, [x.shape[2], x.shape[3]], kernel, stride, dilation);
  const ceilMode = node.integer('ceil_mode', 0) === 1;
  const { before, after } = around;
  if (isEven(around)) {
    const attributes = resolvePool(node.node.type, kernel, { stride, padding: before, ceilMode });
    return { attributes, padded: x, around };
  }
  if (ceilMode) throw node.refusal('its sides are rounded up, and its pads are not even');
  const isAllPad = kernel.some((side, axis) => Math.max(before[axis], after[axis]) >= side);
  if (isAllPad) throw node.refusal('its pads are not even, and some of its windows are all pad');
  const padding = [before[1], after[1], before[0], after[0]] as const;
  const padded = node.g.apply(padOperator, [x], { mode, padding });
  const attributes = resolvePool(node.node.type, kernel, { stride, padding: 0, ceilMode });
  return { attributes, padded, around };
}

export const averagePool: Lowering = (node) => {
  const x = node.picture(0);
  const dilation = pairOf(node, 'dilations');
  if (dilation.some((step) => step !== 1)) throw node.refusal('its windows are dilated');
  const countIncludePad = node.integer('count_include_pad', 0) === 1;
  const pool = poolOf(node, x, { dilation, mode: 'constant' });
  const { padded, around, attributes } = pool;
  const made = node.g.apply(avgPool2dOperator, [padded], { ...attributes, countIncludePad });
  if (countIncludePad || isEven(around)) return new Computed(made);
  // The zeros have been counted, and are not to be.
  const counts = [0, 1].map((axis) =>
    countsOf(x.shape[2 + axis], made.shape[2 + axis], {
      kernel: attributes.kernelSize[axis],
      stride: attributes.stride[axis],
      before: around.before[axis],
    }),
  );
  const area = attributes.kernelSize[0] * attributes.kernelSize[1];
  const factors = counts[0].flatMap((down) => counts[1].map((across) => area / (down * across)));
  const shape = [1, 1, counts[0].length, counts[1].length];
  const factor = node.numbers('counts', factors, shape);
  return new Computed(node.g.apply(mulOperator, [made, factor], {}));
};

/** How many pixels of a picture's own each window of an axis has. */
function countsOf(
  size: number,
  windows: number,
  { kernel, stride, before }: { kernel: number; stride: number; before: number },
): number[] {
  return Array.from({ length: windows }, (_, i) => {
    const start = i * stride - before;
    return Math.min(start + kernel, size) - Math.max(start, 0);
  });
}

export const maxPool: Lowering = (node) => {
  const x = node.picture(0);
  if (node.node.outputs.length > 1 && node.node.outputs[1] !== '')
    throw node.refusal('its indices are used');
  const dilation = pairOf(node, 'dilations');
  // A window that reaches over an edge has the edge itself, so its largest pixel is the same where that is repeated.
  const pool = poolOf(node, x, { dilation, mode: 'replicate' });
  const { kernelSize, ...rest } = pool.attributes;
  if (!isEven(pool.around) && dilation.some((step) => step !== 1))
    throw node.refusal('its pads are not even, and its windows are dilated');
  const attributes = resolveMaxPool2d(kernelSize, { ...rest, dilation });
  return new Computed(node.g.apply(maxPool2dOperator, [pool.padded], attributes));
};

const ONE = { outputSize: [1, 1] } as const;

export const globalAveragePool: Lowering = (node) =>
  new Computed(node.g.apply(adaptiveAvgPool2dOperator, [node.picture(0)], ONE));

export const globalMaxPool: Lowering = (node) =>
  new Computed(node.g.apply(adaptiveMaxPool2dOperator, [node.picture(0)], ONE));
