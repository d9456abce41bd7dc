import { AbortError } from '../../errors.js';
import { type Graph, type GraphNode, INPUT, readerCounts, shapeOf } from '../../graph/graph.js';
import { pause } from '../../platform/pause.js';
import type { Shape } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { Program, RunOptions } from '../engine.js';
import { checkInput } from '../plainProgram.js';
import { Queue } from '../queue.js';
import type { Segment } from './segments.js';

export type CompiledPart =
  | { readonly segment: Segment; readonly program: Program }
  | { readonly plain: GraphNode };

/** A graph of which machine code takes some parts, and plain loops the rest. */
export class PartedProgram implements Program {
  readonly engine = 'wasm';
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly fallbacks: readonly string[];
  readonly details: readonly string[];
  readonly memoryBytes: number;
  readonly #graph: Graph;
  readonly #parts: readonly CompiledPart[];
  readonly #queue = new Queue();

  constructor(graph: Graph, parts: readonly CompiledPart[], fallbacks: readonly string[]) {
    this.#graph = graph;
    this.#parts = parts;
    this.inputShape = graph.inputShape;
    this.outputShape = shapeOf(graph, graph.output);
    this.fallbacks = fallbacks;
    const programs = parts.flatMap((part) => ('program' in part ? [part.program] : []));
    this.memoryBytes = programs.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
    this.details = [...(programs[0]?.details ?? []), `in ${parts.length} parts`];
  }

  run(input: Tensor, options: RunOptions = {}): Promise<Tensor> {
    return this.#queue.run(async () => {
      checkInput(input, this.inputShape);
      return this.#walk(input, options);
    }, options.signal);
  }

  dispose(): void {
    this.#queue.close(() => {
      for (const part of this.#parts) if ('program' in part) part.program.dispose();
    });
  }

  async #walk(input: Tensor, options: RunOptions): Promise<Tensor> {
    const { blocking = false, signal, onProgress } = options;
    const values = new Map<number, Tensor>([[INPUT, input]]);
    const readers = readerCounts(this.#graph);
    // As elsewhere in this engine, a node counts once for each picture of a batch.
    const pictures = this.inputShape.length === 4 ? this.inputShape[0] : 1;
    const total = this.#graph.nodes.length * pictures;
    let done = 0;
    const release = (ids: readonly number[]) => {
      for (const id of ids) if (--readers[id] === 0) values.delete(id);
    };
    for (const part of this.#parts) {
      if (signal?.aborted) throw new AbortError();
      if ('program' in part) {
        const { source, result, nodes } = part.segment;
        const before = done;
        const output = await part.program.run(values.get(source) as Tensor, {
          ...options,
          onProgress:
            onProgress &&
            ((p) =>
              onProgress({
                ...p,
                node: nodes[(p.done - 1) % nodes.length],
                done: before + p.done,
                total,
              })),
        });
        values.set(result, output);
        done += nodes.length * pictures;
        // What reads within the segment has read.
        for (const node of nodes) release(node.inputs);
      } else {
        if (!blocking) await pause();
        const node = part.plain;
        const start = performance.now();
        const inputs = node.inputs.map((id) => values.get(id) as Tensor);
        values.set(node.id, node.operator.run(inputs, node.params));
        release(node.inputs);
        done += pictures;
        onProgress?.({ node, done, total, milliseconds: performance.now() - start });
      }
    }
    const output = values.get(this.#graph.output) as Tensor;
    return output === input ? output.clone() : output;
  }
}
