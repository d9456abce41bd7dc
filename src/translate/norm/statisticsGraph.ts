import { GraphBuilder } from '../../graph/builder.js';
import type { Graph } from '../../graph/graph.js';
import { withoutUnread } from '../../graph/withoutUnread.js';
import type { Tensor } from '../../tensor/tensor.js';
import { sumOperator } from '../../tensor/training/sum.js';
import { varianceOperator } from '../../tensor/training/variance.js';
import type { ChannelStatistics, OwnNorm } from './ownNorms.js';

/** A network that gives the sum and the biased variance of each channel of what its norms are given, `[1, C, 1, 1]` each, and nothing else. */
export function statisticsGraph(graph: Graph, norms: readonly OwnNorm[]): Graph {
  const g = GraphBuilder.from(graph);
  const outputs = norms.flatMap(({ input }) => {
    const value = graph.values[input];
    return [
      g.apply(sumOperator, [value], { dims: [2, 3] }),
      g.apply(varianceOperator, [value], { correction: 0 }),
    ];
  });
  return withoutUnread(g.finish(outputs));
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
