import { AbortError, ShapeError } from '../errors.js';
import { type Graph, INPUT, readerCounts, shapeOf } from '../graph/graph.js';
import { pause } from '../platform/pause.js';
import { formatShape, type Shape, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Program, RunOptions } from './engine.js';
import { Queue } from './queue.js';

/** @throws ShapeError unless the input has the shape that a program was compiled for. */
export function checkInput(input: Tensor, expected: Shape): void {
  if (!sameShape(input.shape, expected)) {
    throw new ShapeError(
      `This program was compiled for an input of ${formatShape(expected)}, but got ${formatShape(input.shape)}.`,
    );
  }
}

/** Walks the graph and calls each operator's plain loops: the reference, and what other engines fall back to. */
export class PlainProgram implements Program {
  readonly engine: string;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly fallbacks: readonly string[];
  readonly details: readonly string[];
  readonly memoryBytes = 0;
  readonly #queue = new Queue();
  #graph: Graph | null;

  constructor(
    graph: Graph,
    engine: string,
    fallbacks: readonly string[] = [],
    notes: readonly string[] = [],
  ) {
    this.#graph = graph;
    this.engine = engine;
    this.fallbacks = fallbacks;
    this.details = ['plain loops on one thread', ...notes];
    this.inputShape = graph.inputShape;
    this.outputShape = shapeOf(graph, graph.output);
  }

  run(input: Tensor, options: RunOptions = {}): Promise<Tensor> {
    return this.#queue.run(() => {
      checkInput(input, this.inputShape);
      return runPlainly(this.#graph as Graph, input, options);
    }, options.signal);
  }

  dispose(): void {
    this.#queue.close(() => {
      this.#graph = null;
    });
  }
}

/**
 * The plain loops of a graph's operators, one after the other.
 * @param input As `graph.inputShape`, but for the number of pictures.
 */
export async function runPlainly(
  graph: Graph,
  input: Tensor,
  options: RunOptions,
): Promise<Tensor> {
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
