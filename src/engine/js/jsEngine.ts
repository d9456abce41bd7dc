import { AbortError, ShapeError } from '../../errors.js';
import { type Graph, INPUT, readerCounts, shapeOf } from '../../graph/graph.js';
import { pause } from '../../platform/pause.js';
import { formatShape, type Shape, sameShape } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { Engine, Program, RunOptions } from '../engine.js';
import { Queue } from '../queue.js';

/** The plain-loop engine: walks the graph and calls each operator's reference form. Runs everywhere. */
export const jsEngine: Engine = {
  name: 'js',
  unavailable: () => null,
  compile: async (graph) => new JsProgram(graph),
};

class JsProgram implements Program {
  readonly engine = 'js';
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly fallbacks: readonly string[] = [];
  readonly #queue = new Queue();
  #graph: Graph | null;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.inputShape = graph.inputShape;
    this.outputShape = shapeOf(graph, graph.output);
  }

  run(input: Tensor, options: RunOptions = {}): Promise<Tensor> {
    return this.#queue.run(() => {
      if (!sameShape(input.shape, this.inputShape)) {
        throw new ShapeError(
          `This program was compiled for an input of ${formatShape(this.inputShape)}, but got ${formatShape(input.shape)}.`,
        );
      }
      return walk(this.#graph as Graph, input, options);
    });
  }

  dispose(): void {
    this.#queue.close(() => {
      this.#graph = null;
    });
  }
}

async function walk(graph: Graph, input: Tensor, options: RunOptions): Promise<Tensor> {
  const { blocking = false, signal, onProgress } = options;
  const values = new Map<number, Tensor>([[INPUT, input]]);
  const readers = readerCounts(graph);
  for (const [index, node] of graph.nodes.entries()) {
    if (!blocking || signal !== undefined) await pause();
    if (signal?.aborted) throw new AbortError();
    const start = performance.now();
    const inputs = node.inputs.map((id) => values.get(id) as Tensor);
    values.set(node.id, node.operator.run(inputs, node.params));
    // A value is dropped after its last reader, so that two or three live at a time and not all.
    for (const id of node.inputs) if (--readers[id] === 0) values.delete(id);
    onProgress?.({
      node,
      done: index + 1,
      total: graph.nodes.length,
      milliseconds: performance.now() - start,
    });
  }
  const output = values.get(graph.output) as Tensor;
  return output === input ? output.clone() : output;
}
