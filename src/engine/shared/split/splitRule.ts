import type { GraphNode } from '../../../graph/graph.js';
import type { OperandNames, Operator } from '../../../tensor/operator.js';
import type { GraphSplitter } from './graphSplitter.js';
import type { SplitValue } from './splitValue.js';

/** How a node of a batch becomes nodes of its pictures, where these are not the same node for each. */
export interface SplitRule {
  readonly operator: Operator;
  /** Attributes of the node of picture `n`; `null` where it makes no picture of the one in the same place. */
  readonly attributesOf?: (node: GraphNode, n: number) => unknown;
  /** Of operands of which one is pictures, what they come to together; `null` where each comes to one of its own. */
  readonly join?: (splitter: GraphSplitter, node: GraphNode) => SplitValue | null;
}

export function splitRule<A, N extends OperandNames>(
  operator: Operator<A, N>,
  how: {
    readonly attributesOf?: (node: GraphNode<A>, n: number) => A | null;
    readonly join?: (splitter: GraphSplitter, node: GraphNode<A>) => SplitValue | null;
  },
): SplitRule {
  return { operator, ...how } as unknown as SplitRule;
}
