import type { GraphNode } from '../../../../graph/graph.js';
import type { Operator } from '../../../../tensor/operator.js';
import type { FlatValue } from '../flatValue.js';
import type { Fuser } from '../fuser.js';
import {
  isFlat,
  isReadableAsPictures,
  type LaidOutGraph,
  operandsLayout,
  roleOfFlat,
} from '../layouts.js';
import type { Activation } from '../lazyValue.js';
import { picturesOf } from '../pictures.js';
import type { OperatorRule } from '../rule.js';
import type { FlatOperation } from '../steps.js';

/** Operators that make each element of those of their operands in the same place, whatever the values are. */

export interface ElementwiseRule<A> {
  readonly activation: (attributes: A) => Activation;
  /** The magnitude of the result, of that of the operand. */
  readonly bound: (bound: number, attributes: A) => number;
  /** Default: all. */
  readonly takes?: (attributes: A) => boolean;
}

/** The rule of an operator with one operand: pending on pictures, a step of its own on flat values. */
export function elementwiseRule<A>(
  operator: Operator<A, readonly ['input']>,
  { activation, bound, takes = () => true }: ElementwiseRule<A>,
): OperatorRule {
  return {
    operator: operator as unknown as Operator,
    takes: (graph, node) => {
      const id = node.operands[0] as number;
      return (
        takes(node.attributes as A) && (isFlat(graph, id) || isReadableAsPictures(graph, id, true))
      );
    },
    layout: operandsLayout,
    fuse: (fuser, node) => {
      const attributes = node.attributes as A;
      const operation = activation(attributes);
      if (fuser.ask((graph) => isFlat(graph, node.id))) return fuseFlat(fuser, node, operation);
      const pending = { kind: 'activation', activation: operation } as const;
      return fuser.append(fuser.operand(node, 0), pending, (before) => bound(before, attributes));
    },
  };
}

/** Whether flat operands go with the result: element by element, or channel by channel, or one for all. */
export function takesFlat(graph: LaidOutGraph, node: GraphNode): boolean {
  const roles = node.operands.map((id) =>
    id === null ? 'one' : roleOfFlat(graph, id, node.shape),
  );
  const isMixed = roles.includes('elements') && roles.includes('channel');
  return !roles.includes(null) && (!isMixed || picturesOf(node) === 1);
}

/** An operation on flat operands, all of which are there. */
export function fuseFlat(fuser: Fuser, node: GraphNode, operation: FlatOperation): FlatValue {
  const read = node.operands.map((_, index) => fuser.flatOperand(node, index));
  const size = Math.max(...read.map((operand) => operand.size));
  const operands = read.map((operand) =>
    operand.size === 1 || operand.size === size ? operand : fuser.spread(operand, node.shape),
  );
  return fuser.compute(operation, operands, size);
}
