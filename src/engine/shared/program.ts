import { ShapeError } from '../../errors.js';
import { type Graph, shapeOf, weightOf } from '../../graph/graph.js';
import { formatShape, type Shape, sameShape } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { EngineName, Program, RunOptions } from '../engine.js';
import { Queue } from './queue.js';

export interface ProgramFacts {
  readonly engine: EngineName;
  readonly details: readonly string[];
  readonly memoryBytes: number;
  readonly fallbacks: readonly string[];
}

/** The values that a run has to compute: the outputs, then those that are written back. */
export function resultsOf({ outputs, assignments }: Graph): number[] {
  return [...outputs, ...assignments.map(({ value }) => value)];
}

/** What the programs of all engines share: the queue of calls, checks, and which parameters they have. */
export abstract class QueuedProgram implements Program {
  readonly engine: EngineName;
  readonly inputShapes: readonly Shape[];
  readonly outputShapes: readonly Shape[];
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly details: readonly string[];
  readonly memoryBytes: number;
  readonly fallbacks: readonly string[];
  readonly #queue = new Queue();
  /** What it was compiled from, until it is disposed of. */
  #graph: Graph | null;
  /** As they were packed last. */
  readonly #parameters: Map<string, Tensor>;
  /** The key in `#parameters` for each that a parameter has. */
  readonly #keys: ReadonlyMap<string, string>;

  constructor(graph: Graph, { engine, details, memoryBytes, fallbacks }: ProgramFacts) {
    this.#graph = graph;
    this.#parameters = new Map(
      graph.parameters.map(({ id, key }) => [key, weightOf(graph, id)] as const),
    );
    this.#keys = new Map(
      graph.parameters.flatMap(({ key, aliases }) =>
        [key, ...aliases].map((name) => [name, key] as const),
      ),
    );
    this.engine = engine;
    this.details = details;
    this.memoryBytes = memoryBytes;
    this.fallbacks = fallbacks;
    this.inputShapes = graph.inputs.map(({ shape }) => shape);
    this.outputShapes = graph.outputs.map((id) => shapeOf(graph, id));
    this.inputShape = this.inputShapes[0] ?? [];
    this.outputShape = this.outputShapes[0] ?? [];
  }

  /** @returns The values of `resultsOf(graph)`, fresh ones. */
  protected abstract execute(inputs: readonly Tensor[], options: RunOptions): Promise<Tensor[]>;

  /** Takes other weights, for the runs from now on. */
  protected abstract pack(changed: ReadonlyMap<string, Tensor>): Promise<void>;

  /** Frees what the program holds; no run is left then. */
  protected abstract release(): void;

  async run(input: Tensor, options: RunOptions = {}): Promise<Tensor> {
    const [output] = await this.runAll([input], options);
    return output;
  }

  runAll(inputs: readonly Tensor[], options: RunOptions = {}): Promise<Tensor[]> {
    return this.#queue.run(async () => {
      checkInputs(inputs, this.inputShapes);
      const results = await this.execute(inputs, options);
      const { outputs, assignments } = this.graph;
      const written = results.splice(outputs.length);
      if (written.length > 0) {
        const keys = assignments.map(({ parameter }) => this.#keyOf(parameter));
        await this.#take(new Map(keys.map((key, i) => [key, written[i]])));
      }
      return results;
    }, options.signal);
  }

  updateParameters(parameters: ReadonlyMap<string, Tensor>): Promise<void> {
    const changed = new Map<string, Tensor>();
    for (const [key, tensor] of parameters) {
      const known = this.#keys.get(key);
      if (known === undefined) throw unknownParameter(key, [...this.#keys.keys()]);
      const { shape } = this.#parameters.get(known) as Tensor;
      if (!sameShape(shape, tensor.shape)) {
        throw new ShapeError(
          `Parameter "${key}" has shape ${formatShape(shape)} in this program, but got ${formatShape(tensor.shape)}.`,
          'ERR_PARAMETER',
        );
      }
      changed.set(known, tensor);
    }
    return this.#queue.run(() => this.#take(changed));
  }

  parameters(): ReadonlyMap<string, Tensor> {
    return new Map(this.#parameters);
  }

  dispose(): void {
    this.#queue.close(() => {
      this.#graph = null;
      this.#parameters.clear();
      this.release();
    });
  }

  /** The queue lets nobody in who would ask for it after it was closed. */
  protected get graph(): Graph {
    return this.#graph as Graph;
  }

  /** The elements of a parameter or a constant of the graph, as they are in this program. */
  protected weight(id: number): Tensor {
    const leaf = this.graph.values[id];
    if (leaf.kind === 'parameter') return this.#parameters.get(leaf.key) as Tensor;
    return weightOf(this.graph, id);
  }

  async #take(changed: ReadonlyMap<string, Tensor>): Promise<void> {
    for (const [key, tensor] of changed) this.#parameters.set(key, tensor);
    await this.pack(changed);
  }

  #keyOf(parameter: number): string {
    const leaf = this.graph.values[parameter];
    if (leaf.kind !== 'parameter') throw new Error(`value ${parameter} is no parameter`);
    return leaf.key;
  }
}

function unknownParameter(key: string, known: readonly string[]): ShapeError {
  const which =
    known.length === 0 ? 'it has none' : `it has ${known.length}, such as "${known[0]}"`;
  return new ShapeError(`This program has no parameter "${key}"; ${which}.`, 'ERR_PARAMETER');
}

/** @throws ShapeError unless the inputs have the shapes that a program was compiled for. */
function checkInputs(inputs: readonly Tensor[], expected: readonly Shape[]): void {
  if (inputs.length !== expected.length) {
    throw new ShapeError(
      `This program takes ${expected.length} inputs (runAll), but got ${inputs.length}.`,
    );
  }
  for (const [i, { shape }] of inputs.entries()) {
    if (sameShape(shape, expected[i])) continue;
    throw new ShapeError(
      `This program was compiled for an input of ${formatShape(expected[i])}, but got ${formatShape(shape)}.`,
    );
  }
}
