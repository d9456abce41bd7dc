import { graphOf } from '../../graph/builder.js';
import type { Graph } from '../../graph/graph.js';
import { Tensor } from '../../tensor/tensor.js';

/**
 * A graph without the elements of its parameters: the program that is made of it has them itself, and changes them. As long as
 * the graph had them, too, weights that are long gone would stay in memory.
 */
export function withoutElements(graph: Graph): Graph {
  const values = graph.values.map((value) =>
    value.kind === 'parameter' ? { ...value, tensor: released(value.key, value.shape) } : value,
  );
  return graphOf(values, graph.outputs, graph.assignments);
}

function released(key: string, shape: readonly number[]): Tensor {
  return new Tensor(() => {
    throw new Error(`the elements of ${key} are the program's`);
  }, shape);
}
