import { ShapeError } from '../../errors.js';
import type { OpenedGenerator } from '../../generator/openGenerator.js';
import type { Graph, GraphNode } from '../../graph/graph.js';
import { type FeatureSource, rangeScaling } from './featureSource.js';

const ENLARGING: readonly string[] = ['convTranspose2d', 'upsample', 'pixelShuffle'];

/**
 * A generator: features are those of its encoder.
 * @throws ShapeError for one that takes other pictures than those of three channels.
 */
export function generatorFeatures(generator: OpenedGenerator): FeatureSource {
  const { module, family, config, inputRange, channelOrder, inputChannels } = generator;
  if (inputChannels !== 3) {
    throw new ShapeError(
      `This network takes pictures of ${inputChannels} channels; features are taken of pictures of 3.`,
    );
  }
  return {
    description: `the encoder of ${family.describe(config)}`,
    module,
    scaling: rangeScaling(inputRange, channelOrder),
    pick: endOfEncoder,
  };
}

/** Before anything is enlarged, the last of the nodes that have the most channels, and of those the fewest pixels. */
function endOfEncoder({ nodes }: Graph): GraphNode {
  const end = nodes.findIndex(({ op }) => ENLARGING.includes(op));
  const encoder = end > 0 ? nodes.slice(0, end) : nodes;
  return encoder.reduce((best, node) => {
    const [more, fewer] = [channelsOf(node) - channelsOf(best), areaOf(best) - areaOf(node)];
    return more > 0 || (more === 0 && fewer >= 0) ? node : best;
  });
}

function channelsOf({ shape }: GraphNode): number {
  return shape[1] ?? 0;
}

function areaOf({ shape }: GraphNode): number {
  return shape.slice(2).reduce((product, side) => product * side, 1);
}
