import { type Graph, operandsOf, presentOperands, readerCounts } from '../../graph/graph.js';
import { throwIfAborted } from '../../platform/abortion.js';
import { pause } from '../../platform/pause.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { EngineName, RunOptions } from '../engine.js';
import { QueuedProgram, resultsOf } from './program.js';

/** Walks the graph and calls each operator's reference loops: what engines are held to, and fall back to. */
export class ReferenceProgram extends QueuedProgram {
  constructor(
    graph: Graph,
    engine: EngineName,
    fallbacks: readonly string[] = [],
    notes: readonly string[] = [],
  ) {
    const details = ['plain loops on one thread', ...notes];
    super(graph, { engine, details, memoryBytes: 0, fallbacks });
  }

  protected override execute(inputs: readonly Tensor[], options: RunOptions): Promise<Tensor[]> {
    return runReference(this.graph, inputs, (id) => this.weight(id), options);
  }

  protected override async pack(): Promise<void> {
    // The loops read the weights where they are.
  }

  protected override release(): void {
    // Nothing but the graph is held.
  }
}

/**
 * The reference loops of a graph's operators, one after the other.
 * @param inputs Of the graph's shapes, but for the number of pictures.
 * @param weight Elements of parameters and constants.
 * @returns The values of `resultsOf(graph)`, none of which is an input or a weight itself.
 */
export async function runReference(
  graph: Graph,
  inputs: readonly Tensor[],
  weight: (id: number) => Tensor,
  options: RunOptions,
): Promise<Tensor[]> {
  const { blocking = false, signal, onProgress } = options;
  const values = new Map(graph.inputs.map(({ id }, i) => [id, inputs[i]] as const));
  const get = (id: number) => values.get(id) ?? weight(id);
  const readers = readerCounts(graph);
  for (const [index, node] of graph.nodes.entries()) {
    if (!blocking || signal !== undefined) await pause();
    throwIfAborted(signal);
    const start = performance.now();
    values.set(node.id, node.operator.run(operandsOf(node, get), node.attributes));
    // A value is dropped after its last reader, so that two or three live at a time and not all.
    for (const id of presentOperands(node)) if (--readers[id] === 0) values.delete(id);
    onProgress?.({
      node,
      done: index + 1,
      total: graph.nodes.length,
      milliseconds: performance.now() - start,
    });
  }
  const results = resultsOf(graph);
  return results.map((id, i) => {
    const isFresh = graph.values[id].kind === 'node' && results.indexOf(id) === i;
    return isFresh ? get(id) : get(id).clone();
  });
}
