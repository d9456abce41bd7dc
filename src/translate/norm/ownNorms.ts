import { type Graph, type GraphNode, isNode, shapeOf } from '../../graph/graph.js';
import { groupNormOperator } from '../../tensor/groupNorm.js';
import { instanceNorm2dOperator } from '../../tensor/instanceNorm2d.js';

/**
 * A norm that goes by the mean and the variance of what it is given, `[1, C, H, W]`: by those of each channel, as an instance norm, or
 * of several together, as a layer norm.
 */
export interface OwnNorm {
  readonly node: GraphNode;
  /** What is normalised. */
  readonly input: number;
  readonly channels: number;
  /** Pixels of a channel. */
  readonly pixels: number;
  /** Channels that are normalised together. */
  readonly perGroup: number;
  readonly eps: number;
  readonly correction: 0 | 1;
  /** Whether `eps` is added to the standard deviation instead of the variance. */
  readonly epsOutside: boolean;
}

/** Mean and biased variance of each channel of what a norm is given, `[C]`. */
export interface ChannelStatistics {
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

/** What takes the place of a norm's own statistics: `(x − mean) / √(variance + eps)`. */
export interface GivenStatistics extends ChannelStatistics {
  readonly eps: number;
}

/** The norms of a graph that go by their own statistics, of one picture, in order of execution. */
export function ownNorms(graph: Graph): OwnNorm[] {
  return graph.nodes.flatMap((node) => {
    const how = howOf(node);
    if (how === null || node.shape.length !== 4 || node.shape[0] !== 1) return [];
    const input = node.operands[0] as number;
    const [, channels, height, width] = shapeOf(graph, input);
    return [{ node, input, channels, pixels: height * width, ...how }];
  });
}

type How = Pick<OwnNorm, 'perGroup' | 'eps' | 'correction' | 'epsOutside'>;

/** `null` for what is no such norm. */
function howOf(node: GraphNode): How | null {
  if (isNode(node, instanceNorm2dOperator)) {
    if (node.operands[3] !== null) return null;
    return { perGroup: 1, eps: node.attributes.eps, correction: 0, epsOutside: false };
  }
  if (!isNode(node, groupNormOperator)) return null;
  const { numGroups, eps, correction, epsOutside } = node.attributes;
  return { perGroup: node.shape[1] / numGroups, eps, correction, epsOutside };
}

/**
 * What a norm goes by where its channels have these statistics: of channels that are normalised together, their joint ones.
 * @param pixels Of a channel that they were gathered from.
 */
export function statisticsFor(
  { channels, perGroup, eps, correction, epsOutside }: OwnNorm,
  { mean, variance }: ChannelStatistics,
  pixels: number,
): GivenStatistics {
  const given = { mean: new Float32Array(channels), variance: new Float32Array(channels) };
  for (let first = 0; first < channels; first += perGroup) {
    let sum = 0;
    for (let c = first; c < first + perGroup; c++) sum += mean[c];
    const middle = perGroup === 1 ? mean[first] : sum / perGroup;
    let squares = 0;
    for (let c = first; c < first + perGroup; c++) squares += variance[c] + (mean[c] - middle) ** 2;
    const count = perGroup * pixels;
    const estimate = ((squares / perGroup) * count) / (count - correction);
    const used = epsOutside ? (Math.sqrt(estimate) + eps) ** 2 : estimate;
    given.mean.fill(middle, first, first + perGroup);
    given.variance.fill(used, first, first + perGroup);
  }
  return { ...given, eps: epsOutside ? 0 : eps };
}
