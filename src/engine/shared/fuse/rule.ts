import { type Graph, type GraphNode, isWeight, shapeOf } from '../../../graph/graph.js';
import type { OperandNames, Operator } from '../../../tensor/operator.js';
import type { Fuser } from './fuser.js';
import type { LazyValue } from './lazyValue.js';

/** How nodes of an operator become steps. */
export interface OperatorRule {
  readonly operator: Operator;
  /** Whether a node's operands are of the kinds that the rule is for: pictures, and weights that are known before a run. */
  takes(graph: Graph, node: GraphNode): boolean;
  /** Puts the node into steps. @returns What it makes, of one picture. */
  fuse(fuser: Fuser, node: GraphNode): LazyValue;
}

/** The rule of an operator whose first `pictures` operands are pictures (default: all), and whose others are weights. */
export function rule<A, N extends OperandNames>(
  operator: Operator<A, N>,
  fuse: (fuser: Fuser, node: GraphNode<A>) => LazyValue,
  pictures = Number.POSITIVE_INFINITY,
): OperatorRule {
  return {
    operator: operator as unknown as Operator,
    takes: (graph, node) =>
      isPicture(node.shape) &&
      node.operands.every((id, i) => {
        if (id === null) return true;
        return i < pictures
          ? !isWeight(graph, id) && isPicture(shapeOf(graph, id))
          : isWeight(graph, id);
      }),
    fuse: (fuser, node) => fuse(fuser, node as GraphNode<A>),
  };
}

/** Batched or not. */
function isPicture(shape: readonly number[]): boolean {
  return shape.length === 3 || shape.length === 4;
}
