import type { Graph, GraphNode } from '../../../graph/graph.js';
import { Fuser, type FuserLimits } from './fuser.js';
import type { OperatorRule } from './rule.js';
import { FUSE_RULES } from './rules/index.js';
import type { FusedGraph } from './steps.js';

const RULES = new Map(FUSE_RULES.map((rule) => [rule.operator, rule] as const));

/** Whether a node can be put into steps. */
export function takesNode(graph: Graph, node: GraphNode): boolean {
  return RULES.get(node.operator)?.takes(graph, node) ?? false;
}

/**
 * Puts a graph of nodes that are taken into steps, for one picture of its batch: what an operator does to each element, and
 * the borders that it puts around, are left to the steps that read the value.
 */
export function fuse(graph: Graph, limits: FuserLimits): FusedGraph {
  return new Fuser(graph, limits).run((node) => {
    const { fuse: apply } = RULES.get(node.operator) as OperatorRule;
    return apply;
  });
}
