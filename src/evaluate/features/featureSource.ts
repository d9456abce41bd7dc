import type { Graph, GraphNode } from '../../graph/graph.js';
import type { Module } from '../../nn/module.js';

/** What the bytes of a picture become on their way into a network: byte / 255 · scale + offset, channel by channel. */
export interface InputScaling {
  readonly scale: readonly [number, number, number];
  readonly offset: readonly [number, number, number];
  readonly channelOrder: 'rgb' | 'bgr';
}

/** A network, of which some layer's channels are features of pictures. */
export interface FeatureSource {
  /** For people. */
  readonly description: string;
  /** In eval mode; takes pictures of three channels. */
  readonly module: Module;
  readonly scaling: InputScaling;
  /** Which node's channels are taken where nobody names a layer. */
  readonly pick: (graph: Graph) => GraphNode;
}

/** From [0, 1] to a range. */
export function rangeScaling(
  [low, high]: readonly [number, number],
  channelOrder: 'rgb' | 'bgr' = 'rgb',
): InputScaling {
  const span = high - low;
  return { scale: [span, span, span], offset: [low, low, low], channelOrder };
}
