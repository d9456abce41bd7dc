import { type Graph, shapeOf } from '../../../graph/graph.js';
import { GraphSplitter, isSplitInput } from './graphSplitter.js';
import { Unsplittable } from './splitValue.js';

/** A graph whose batches are split into pictures, and what has become of inputs and outputs. */
export interface SplitGraph {
  /** Of single pictures alone. */
  readonly graph: Graph;
  /** In how many parts each input goes in, and each output comes out. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/**
 * A graph that computes the same with batches taken apart: each node that makes pictures becomes one for each of them, side by side, so that
 * what takes all pictures together, as a batch norm in training, has them all at once. Sums over a batch are those of its pictures, added
 * up in their order.
 *
 * @returns `null` where there is no batch, or one goes into something as a whole.
 */
export function splitBatch(graph: Graph): SplitGraph | null {
  const inputs = graph.inputs.map((input) => (isSplitInput(input) ? input.shape[0] : 1));
  if (inputs.every((count) => count === 1)) return null;
  const splitter = new GraphSplitter(graph);
  try {
    const split = splitter.run();
    const outputs = graph.outputs.map((id) => (splitter.isApart(id) ? shapeOf(graph, id)[0] : 1));
    return { graph: split, inputs, outputs };
  } catch (error) {
    if (error instanceof Unsplittable) return null;
    throw error;
  }
}
