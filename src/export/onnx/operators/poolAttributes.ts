import { leavesOutWindow, type PoolAttributes } from '../../../tensor/pooling.js';
import type { AttributeValue } from '../schema.js';
import type { OnnxOperand } from '../spelling.js';

/** What AveragePool and MaxPool have in common. */
export function poolAttributes(
  attributes: PoolAttributes,
  [input]: readonly (OnnxOperand | null)[],
  dilation: readonly [number, number] = [1, 1],
): Record<string, AttributeValue> {
  const { kernelSize, stride, padding, ceilMode } = attributes;
  const sides = (input?.shape ?? []).slice(2);
  // Not every runtime leaves out a last window that would begin in the padding; without the mode, none has it.
  const isLeftOut = sides.some((size, axis) =>
    leavesOutWindow(size, attributes, axis, dilation[axis]),
  );
  return {
    ceil_mode: ceilMode && !isLeftOut ? 1 : 0,
    kernel_shape: kernelSize,
    pads: [...padding, ...padding],
    strides: stride,
  };
}
