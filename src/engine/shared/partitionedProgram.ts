import {
  type Graph,
  type GraphNode,
  operandsOf,
  presentOperands,
  readerCounts,
} from '../../graph/graph.js';
import { throwIfAborted } from '../../platform/abortion.js';
import { pause } from '../../platform/pause.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { EngineName, Program, RunOptions } from '../engine.js';
import { withLayouts } from './fuse/fuse.js';
import { batchOf } from './fuse/layouts.js';
import type { Segment } from './partition.js';
import { QueuedProgram, resultsOf } from './program.js';

export type CompiledPart =
  | { readonly segment: Segment; readonly program: Program }
  | { readonly reference: GraphNode };

/** Where a run is. */
interface Progress {
  readonly values: Map<number, Tensor>;
  /** Of each value, how many readers are still to come. */
  readonly readers: number[];
  /** Nodes, once for each picture. */
  done: number;
  readonly total: number;
  readonly pictures: number;
}

/** A graph of which an engine takes some parts, and reference loops the rest. */
export class PartitionedProgram extends QueuedProgram {
  readonly #parts: readonly CompiledPart[];

  constructor(
    graph: Graph,
    engine: EngineName,
    parts: readonly CompiledPart[],
    fallbacks: readonly string[],
  ) {
    const programs = parts.flatMap((part) => ('program' in part ? [part.program] : []));
    super(graph, {
      engine,
      details: [...(programs[0]?.details ?? []), `in ${parts.length} parts`],
      memoryBytes: programs.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
      scratchBytes: programs.reduce((sum, { scratchBytes }) => sum + scratchBytes, 0),
      fallbacks,
    });
    this.#parts = parts;
  }

  protected override async execute(
    inputs: readonly Tensor[],
    options: RunOptions,
  ): Promise<Tensor[]> {
    const { graph } = this;
    // As within segments, a node counts once for each picture of a batch.
    const pictures = batchOf(withLayouts(graph));
    const progress: Progress = {
      values: new Map(graph.inputs.map(({ id }, i) => [id, inputs[i]])),
      readers: readerCounts(graph),
      done: 0,
      total: graph.nodes.length * pictures,
      pictures,
    };
    for (const part of this.#parts) {
      throwIfAborted(options.signal);
      if ('program' in part) await this.#runSegment(part, progress, options);
      else await this.#runNode(part.reference, progress, options);
    }
    const results = resultsOf(graph);
    return results.map((id, i) => {
      const isFresh = graph.values[id].kind === 'node' && results.indexOf(id) === i;
      const value = this.#value(progress, id);
      return isFresh ? value : value.clone();
    });
  }

  protected override async pack(changed: ReadonlyMap<string, Tensor>): Promise<void> {
    for (const part of this.#parts) {
      if (!('program' in part)) continue;
      const own = new Set(part.segment.graph.parameters.map(({ key }) => key));
      const some = new Map([...changed].filter(([key]) => own.has(key)));
      if (some.size > 0) await part.program.updateParameters(some);
    }
  }

  protected override release(): void {
    for (const part of this.#parts) if ('program' in part) part.program.dispose();
  }

  #value({ values }: Progress, id: number): Tensor {
    return values.get(id) ?? this.weight(id);
  }

  async #runSegment(
    { segment, program }: { readonly segment: Segment; readonly program: Program },
    progress: Progress,
    { onProgress, ...options }: RunOptions,
  ): Promise<void> {
    const { sources, results, nodes } = segment;
    const { done: before, total, pictures } = progress;
    const inputs = sources.map((id) => this.#value(progress, id));
    const outputs = await program.runAll(inputs, {
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
    for (const [i, id] of results.entries()) progress.values.set(id, outputs[i]);
    progress.done += nodes.length * pictures;
    for (const node of nodes) releaseOperands(node, progress);
  }

  async #runNode(
    node: GraphNode,
    progress: Progress,
    { blocking = false, onProgress }: RunOptions,
  ): Promise<void> {
    if (!blocking) await pause();
    const start = performance.now();
    const operands = operandsOf(node, (id) => this.#value(progress, id));
    progress.values.set(node.id, node.operator.run(operands, node.attributes));
    releaseOperands(node, progress);
    progress.done += progress.pictures;
    const milliseconds = performance.now() - start;
    onProgress?.({ node, done: progress.done, total: progress.total, milliseconds });
  }
}

/** Drops the values that nothing reads after this node. */
function releaseOperands(node: GraphNode, { readers, values }: Progress): void {
  for (const id of presentOperands(node)) if (--readers[id] === 0) values.delete(id);
}
