import type { Conv2dAttributes } from '../../../tensor/conv2d.js';
import type { AttributeValue } from '../schema.js';
import type { OnnxOperand } from '../spelling.js';

/** What Conv and ConvTranspose have in common. */
export function convolutionAttributes(
  { stride, padding: [vertical, horizontal], dilation, groups }: Conv2dAttributes,
  weight: OnnxOperand | null,
): Record<string, AttributeValue> {
  return {
    dilations: dilation,
    group: groups,
    kernel_shape: (weight?.shape ?? []).slice(2),
    pads: [vertical, horizontal, vertical, horizontal],
    strides: stride,
  };
}
