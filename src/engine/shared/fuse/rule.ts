import { type GraphNode, isWeight } from '../../../graph/graph.js';
import type { OperandNames, Operator } from '../../../tensor/operator.js';
import type { FusedValue } from './flatValue.js';
import type { Fuser } from './fuser.js';
import { isReadableAsPictures, type LaidOutGraph, type Layout, pictureLayout } from './layouts.js';
import { isPicture } from './pictures.js';

/** How nodes of an operator become steps. */
export interface OperatorRule {
  readonly operator: Operator;
  /** Whether a node's operands are of the kinds that the rule is for: pictures, and weights that are known before a run. */
  takes(graph: LaidOutGraph, node: GraphNode): boolean;
  /** How what it makes of a node that it takes lies in memory. */
  readonly layout: Layout;
  /** Puts the node into steps. @returns What it makes, of one picture. */
  fuse(fuser: Fuser, node: GraphNode): FusedValue;
}

export interface RuleLimits<A> {
  /** So many operands are pictures, the first ones; the others are weights. Default: all are pictures. */
  readonly pictures?: number;
  /** Whether `[N, C]`, too, is N pictures, of a pixel each. Default: false. */
  readonly vectors?: boolean;
  /** Whether the rule is for a node whose operands are of the right kinds. Default: it is. */
  readonly takes?: (node: GraphNode<A>, graph: LaidOutGraph) => boolean;
  /** Default: pictures. */
  readonly layout?: Layout;
}

/** The rule of an operator that makes pictures of pictures. */
export function rule<A, N extends OperandNames>(
  operator: Operator<A, N>,
  fuse: (fuser: Fuser, node: GraphNode<A>) => FusedValue,
  {
    pictures = Number.POSITIVE_INFINITY,
    vectors = false,
    takes = () => true,
    layout = pictureLayout,
  }: RuleLimits<A> = {},
): OperatorRule {
  return {
    operator: operator as unknown as Operator,
    layout,
    takes: (graph, node) =>
      isPicture(node.shape, vectors) &&
      node.operands.every((id, i) => {
        if (id === null) return true;
        return i < pictures ? isReadableAsPictures(graph, id, vectors) : isWeight(graph, id);
      }) &&
      takes(node as GraphNode<A>, graph),
    fuse: (fuser, node) => fuse(fuser, node as GraphNode<A>),
  };
}
