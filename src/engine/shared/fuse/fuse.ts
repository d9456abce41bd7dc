import type { Graph, GraphNode } from '../../../graph/graph.js';
import { Fuser, type FuserLimits } from './fuser.js';
import { type LaidOutGraph, leafSize, unknownLayout } from './layouts.js';
import type { OperatorRule } from './rule.js';
import { FUSE_RULES } from './rules/index.js';
import type { FusedGraph } from './steps.js';

const RULES = new Map(FUSE_RULES.map((rule) => [rule.operator, rule] as const));

const laidOut = new WeakMap<Graph, LaidOutGraph>();

/** Finds out how the values of a graph lie in memory, which depends on the nodes that can be put into steps. */
export function withLayouts(graph: Graph): LaidOutGraph {
  const known = laidOut.get(graph);
  if (known !== undefined) return known;
  const flatSizes: (number | null)[] = [];
  const made = { ...graph, flatSizes };
  for (const value of graph.values) {
    if (value.kind !== 'node') flatSizes.push(leafSize(graph, value));
    else {
      const rule = RULES.get(value.operator);
      const layout = rule?.takes(made, value) ? rule.layout : unknownLayout;
      flatSizes.push(layout(made, value));
    }
  }
  laidOut.set(graph, made);
  laidOut.set(made, made);
  return made;
}

/** Whether a node can be put into steps. */
export function takesNode(graph: LaidOutGraph, node: GraphNode): boolean {
  return RULES.get(node.operator)?.takes(graph, node) ?? false;
}

/**
 * Puts a graph of nodes that are taken into steps, for one picture of its batch: what an operator does to each element, and
 * the borders that it puts around, are left to the steps that read the value.
 */
export function fuse(graph: Graph, limits: FuserLimits): FusedGraph {
  return new Fuser(withLayouts(graph), limits).run((node) => {
    const { fuse: apply } = RULES.get(node.operator) as OperatorRule;
    return apply;
  });
}
