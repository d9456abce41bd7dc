import type { GraphNode } from '../../../../../graph/graph.js';
import type { OperandNames, Operator } from '../../../../../tensor/operator.js';
import { sizeOf } from '../../../../../tensor/shape.js';
import {
  ADAM_SCALAR_COUNT,
  adamFirstMomentOperator,
  adamSecondMomentOperator,
  adamUpdateOperator,
  maximumOperator,
} from '../../../../../tensor/training/adam.js';
import {
  SGD_SCALAR_COUNT,
  sgdMomentumOperator,
  sgdUpdateOperator,
} from '../../../../../tensor/training/sgd.js';
import { flatLayout, isReadableFlat, type LaidOutGraph, roleOfFlat } from '../../layouts.js';
import type { OperatorRule } from '../../rule.js';
import type { FlatOperation } from '../../steps.js';

/**
 * The rule of an operator of optimisers: each element is made of those in the same place of all operands.
 * @param scalars How many numbers the last operand has, which go with all elements; 0 where there are none.
 */
function optimizerRule<A, N extends OperandNames>(
  operator: Operator<A, N>,
  scalars: number,
  operation: (attributes: A) => FlatOperation,
): OperatorRule {
  const isScalars = (index: number, { operands }: GraphNode) =>
    scalars > 0 && index === operands.length - 1;
  const isReadable = (graph: LaidOutGraph, node: GraphNode, id: number, index: number) =>
    isReadableFlat(graph, id) ||
    (!isScalars(index, node) && roleOfFlat(graph, id, node.shape) === 'one');
  return {
    operator: operator as unknown as Operator,
    takes: (graph, node) =>
      node.operands.every((id, index) => id !== null && isReadable(graph, node, id, index)),
    layout: flatLayout,
    fuse: (fuser, node) => {
      const operands = node.operands.map((_, index) => fuser.flatOperand(node, index));
      const size = sizeOf(node.shape);
      const repeated = operands.map((operand, index) => {
        if (isScalars(index, node)) return scalars;
        return operand.size < size ? 1 : 0;
      });
      return fuser.compute(operation(node.attributes as A), operands, size, repeated);
    },
  };
}

export const adamFirstMomentRule = optimizerRule(adamFirstMomentOperator, 0, ({ beta1 }) => ({
  adamFirstMoment: beta1,
}));

export const adamSecondMomentRule = optimizerRule(adamSecondMomentOperator, 0, ({ beta2 }) => ({
  adamSecondMoment: beta2,
}));

export const adamUpdateRule = optimizerRule(adamUpdateOperator, ADAM_SCALAR_COUNT, ({ eps }) => ({
  adamUpdate: eps,
}));

export const maximumRule = optimizerRule(maximumOperator, 0, () => 'maximum');

export const sgdMomentumRule = optimizerRule(
  sgdMomentumOperator,
  SGD_SCALAR_COUNT,
  ({ momentum }) => ({ sgdMomentum: momentum }),
);

export const sgdUpdateRule = optimizerRule(sgdUpdateOperator, SGD_SCALAR_COUNT, () => 'sgdUpdate');
