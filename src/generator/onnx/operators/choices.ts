import { isNode } from '../../../graph/graph.js';
import { softplusOperator } from '../../../tensor/training/elementwise.js';
import type { Lowering } from '../lowering.js';
import { Comparison } from '../operand.js';

/** From here on, float32 has no digit in which `ln(1 + eˣ)` is another number than `x`. */
const SOFTPLUS_IS_IDENTITY = 17;

export const greater: Lowering = (node) => new Comparison(node.computed(0), node.constant(1));

/** PyTorch's softplus, which is the identity above a threshold. Other choices are not made here. */
export const where: Lowering = (node) => {
  const { of, bound } = node.comparison(0);
  const [above, below] = [node.computed(1), node.computed(2)];
  const made = node.g.values[below.value.id];
  const isSoftplus =
    isNode(made, softplusOperator) &&
    made.operands[0] === of.value.id &&
    [below.axes, below.view].every((how, i) => how === [of.axes, of.view][i]);
  if (isSoftplus && above === of && bound.size === 1 && bound.numbers[0] >= SOFTPLUS_IS_IDENTITY) {
    return below;
  }
  throw node.refusal('it chooses between two values, and is no softplus');
};
