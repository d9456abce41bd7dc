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

export interface RuleLimits<A> {
  /** So many operands are pictures, the first ones; the others are weights. Default: all are pictures. */
  readonly pictures?: number;
  /** Whether the rule is for a node whose operands are of the right kinds. Default: it is. */
  readonly takes?: (node: GraphNode<A>, graph: Graph) => boolean;
}

/** The rule of an operator. */
export function rule<A, N extends OperandNames>(
  operator: Operator<A, N>,
  fuse: (fuser: Fuser, node: GraphNode<A>) => LazyValue,
  { pictures = Number.POSITIVE_INFINITY, takes = () => true }: RuleLimits<A> = {},
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
      }) &&
      takes(node as GraphNode<A>, graph),
    fuse: (fuser, node) => fuse(fuser, node as GraphNode<A>),
  };
}

/** Batched or not. */
function isPicture(shape: readonly number[]): boolean {
  return shape.length === 3 || shape.length === 4;
}
