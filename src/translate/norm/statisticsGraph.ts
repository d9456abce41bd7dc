import type { Graph, Value } from '../../graph/graph.js';
import { replaceNodes } from '../../graph/replaceNodes.js';
import { withoutUnread } from '../../graph/withoutUnread.js';
import type { Tensor } from '../../tensor/tensor.js';
import { sumOperator } from '../../tensor/training/sum.js';
import { varianceOperator } from '../../tensor/training/variance.js';
import type { ChannelStatistics, OwnNorm } from './ownNorms.js';

/** A network that gives the sum and the biased variance of each channel of what its norms are given, `[1, C, 1, 1]` each, and nothing else. */
export function statisticsGraph(graph: Graph, norms: readonly OwnNorm[]): Graph {
  const nodes = new Set(norms.map(({ node }) => node));
  const outputs: number[] = [];
  // Right before each norm: what it is given need not be kept to the end.
  const { graph: extended } = replaceNodes(graph, (node, by) => {
    if (!nodes.has(node)) return null;
    const value = by.operand(0) as Value;
    const sum = by.apply(sumOperator, [value], { dims: [2, 3] });
    const variance = by.apply(varianceOperator, [value], { correction: 0 });
    outputs.push(sum.id, variance.id);
    return null;
  });
  return withoutUnread({ ...extended, outputs });
}

/** What such a network gave, norm by norm. */
export function readStatistics(
  norms: readonly OwnNorm[],
  outputs: readonly Tensor[],
): ChannelStatistics[] {
  return norms.map(({ pixels }, i) => ({
    mean: outputs[2 * i].data.map((sum) => sum / pixels),
    variance: outputs[2 * i + 1].data,
  }));
}
