import type { Value } from '../../../graph/builder.js';
import { sameShape } from '../../../tensor/shape.js';
import { softplusOperator } from '../../../tensor/training/elementwise.js';
import type { Lower, Lowering } from '../lowering.js';
import { Comparison } from '../operand.js';

/** From here on, float32 has no digit in which `ln(1 + eˣ)` is another number than `x`. */
const SOFTPLUS_IS_IDENTITY = 17;

/** What stands above one number. */
export const greater: Lowering = (node) => {
  const bound = node.constant(1);
  if (bound.size !== 1) throw node.refusal('it compares with several numbers');
  return new Comparison(node.computed(0), bound.numbers[0]);
};

/** PyTorch's softplus, which is the identity above a threshold. Other choices are not made here. */
export const where: Lowering = (node) => {
  const { of, bound } = node.comparison(0);
  const [above, below] = [node.computed(1), node.computed(2)];
  const isSame = above.value === of.value && sameShape(above.shape, below.shape);
  if (isSame && bound >= SOFTPLUS_IS_IDENTITY && isSoftplus(node, below.value, of.value)) {
    return below;
  }
  throw node.refusal('it chooses between two values; only that of softplus is known here');
};

function isSoftplus({ g }: Lower, value: Value, of: Value): boolean {
  const made = g.values[value.id];
  return made.kind === 'node' && made.op === softplusOperator.op && made.operands[0] === of.id;
}
