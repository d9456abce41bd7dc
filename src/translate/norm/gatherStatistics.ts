import type { Picture } from '../../image/picture.js';
import { compileGraph, traceGraph } from '../../nn/compile.js';
import type { ForwardOptions } from '../../nn/module.js';
import { networkInput } from '../networkInput.js';
import { networkInputShape, type PictureNetwork } from '../pictureNetwork.js';
import { type ChannelStatistics, ownNorms } from './ownNorms.js';
import { readStatistics, statisticsGraph } from './statisticsGraph.js';

/** What one norm is given of a picture. */
export interface NormInput {
  readonly statistics: ChannelStatistics;
  /** Of a channel. */
  readonly pixels: number;
}

/**
 * What the norms of a network are given of pictures, each by its own statistics.
 * @param pictures Of one size; each is made when its turn comes.
 * @returns For each picture, for each norm in order of execution.
 */
export async function gatherStatistics(
  pictures: readonly (() => Picture)[],
  network: PictureNetwork,
  options: ForwardOptions,
): Promise<NormInput[][]> {
  const graph = traceGraph(network.module, networkInputShape(pictures[0](), network));
  const norms = ownNorms(graph);
  const program = await compileGraph(statisticsGraph(graph, norms), options);
  try {
    const found: NormInput[][] = [];
    for (const picture of pictures) {
      const outputs = await program.runAll([networkInput(picture(), network)], options);
      const statistics = readStatistics(norms, outputs);
      found.push(norms.map(({ pixels }, i) => ({ statistics: statistics[i], pixels })));
    }
    return found;
  } finally {
    program.dispose();
  }
}
