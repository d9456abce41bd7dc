import { ShapeError } from '../../errors.js';
import { type Graph, shapeOf, weightOf } from '../../graph/graph.js';
import { describeValue, isMap } from '../../tensor/describeValue.js';
import { type ElementPart, partsOf } from '../../tensor/elementSource.js';
import { formatShape, type Shape, sameShape, sizeOf } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import type { EngineName, Program, RunOptions } from '../engine.js';
import { Queue } from './queue.js';
import { withoutElements } from './releasedWeights.js';

export interface ProgramFacts {
  readonly engine: EngineName;
  readonly details: readonly string[];
  readonly memoryBytes: number;
  /** Default: 0. */
  readonly scratchBytes?: number;
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
  readonly scratchBytes: number;
  readonly fallbacks: readonly string[];
  readonly #queue = new Queue();
  /** What it was compiled from, but for weights, until it is disposed of. */
  #graph: Graph | null;
  /** As they were packed last; `null` for those whose elements are in the program's own memory alone. */
  readonly #parameters: Map<string, Tensor | null>;
  readonly #shapes: ReadonlyMap<string, Shape>;
  /** The key in `#parameters` for each that a parameter has. */
  readonly #keys: ReadonlyMap<string, string>;

  constructor(graph: Graph, facts: ProgramFacts) {
    const { engine, details, memoryBytes, scratchBytes = 0, fallbacks } = facts;
    this.#graph = withoutElements(graph);
    const tensors = graph.parameters.map(({ id, key }) => [key, weightOf(graph, id)] as const);
    this.#parameters = new Map(tensors);
    this.#shapes = new Map(tensors.map(([key, { shape }]) => [key, shape]));
    this.#keys = new Map(
      graph.parameters.flatMap(({ key, aliases }) =>
        [key, ...aliases].map((name) => [name, key] as const),
      ),
    );
    this.engine = engine;
    this.details = details;
    this.memoryBytes = memoryBytes;
    this.scratchBytes = scratchBytes;
    this.fallbacks = fallbacks;
    this.inputShapes = graph.inputs.map(({ shape }) => shape);
    this.outputShapes = graph.outputs.map((id) => shapeOf(graph, id));
    this.inputShape = this.inputShapes[0] ?? [];
    this.outputShape = this.outputShapes[0] ?? [];
  }

  /** @returns The values of `resultsOf(graph)`, fresh ones; of the outputs alone, if the others were written where they belong. */
  protected abstract execute(inputs: readonly Tensor[], options: RunOptions): Promise<Tensor[]>;

  /** Takes other weights, for the runs from now on. */
  protected abstract pack(changed: ReadonlyMap<string, Tensor>): Promise<void>;

  /** Whether the elements of a parameter lie as they are in the program's own memory, once they are packed. */
  protected isOwn(_key: string): boolean {
    return false;
  }

  /** A copy of the elements of a parameter from the program's own memory. */
  protected readBack(key: string): Float32Array {
    throw new Error(`${key} is in no memory of this program's own`);
  }

  /** Frees what the program holds; no run is left then. */
  protected abstract release(): void;

  async run(input: Tensor, options: RunOptions = {}): Promise<Tensor> {
    const [output] = await this.runAll([input], options);
    return output;
  }

  runAll(inputs: readonly Tensor[], options: RunOptions = {}): Promise<Tensor[]> {
    return this.#queue.run(async () => {
      checkInputs(inputs, this.inputShapes);
      return this.runNow(inputs, options);
    }, options.signal);
  }

  runReading<T>(
    input: Tensor,
    read: (output: Float32Array) => T,
    options: RunOptions = {},
  ): Promise<T> {
    return this.runReadingParts(input, (part) => read(part(0, sizeOf(this.outputShape))), options);
  }

  runReadingParts<T>(
    input: Tensor,
    read: (part: ElementPart) => T,
    options: RunOptions = {},
  ): Promise<T> {
    return this.#queue.run(async () => {
      checkInputs([input], this.inputShapes);
      return this.executeReading(input, read, options);
    }, options.signal);
  }

  /** `runAll`, when it is its turn. */
  protected async runNow(inputs: readonly Tensor[], options: RunOptions): Promise<Tensor[]> {
    const results = await this.execute(inputs, options);
    const { outputs, assignments } = this.graph;
    const written = results.splice(outputs.length);
    if (written.length > 0) {
      const keys = assignments.map(({ parameter }) => this.#keyOf(parameter));
      await this.#take(new Map(keys.map((key, i) => [key, written[i]])));
    }
    return results;
  }

  /** `runReadingParts`, when it is its turn. Engines whose own memory can be read have no tensor in between. */
  protected async executeReading<T>(
    input: Tensor,
    read: (part: ElementPart) => T,
    options: RunOptions,
  ): Promise<T> {
    const [output] = await this.runNow([input], options);
    return read(partsOf(output.data));
  }

  updateParameters(parameters: ReadonlyMap<string, Tensor>): Promise<void> {
    const changed = new Map<string, Tensor>();
    if (!isMap(parameters))
      throw wrongValue('parameters', 'a Map, as stateDict() gives,', parameters);
    for (const [key, tensor] of parameters) {
      const known = this.#keys.get(key);
      if (known === undefined) throw unknownParameter(key, [...this.#keys.keys()]);
      if (!(tensor instanceof Tensor)) throw wrongValue(`"${key}"`, 'a Tensor', tensor);
      const shape = this.#shapes.get(known) as Shape;
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

  parameters(keys: Iterable<string> = this.#parameters.keys()): ReadonlyMap<string, Tensor> {
    const known = [...keys].filter((key) => this.#parameters.has(key));
    return new Map(known.map((key) => [key, this.#parameter(key)]));
  }

  dispose(): void {
    this.#queue.close(() => {
      this.#graph = null;
      this.#parameters.clear();
      this.release();
    });
  }

  /** Not read after `dispose`: the queue is closed then. */
  protected get graph(): Graph {
    return this.#graph as Graph;
  }

  /** The elements of a parameter or a constant of the graph, as they are in this program. */
  protected weight(id: number): Tensor {
    const leaf = this.graph.values[id];
    const tensor = leaf.kind === 'parameter' ? this.#parameter(leaf.key) : weightOf(this.graph, id);
    // A view of it (`weightViews.ts`).
    return sameShape(tensor.shape, leaf.shape) ? tensor : tensor.reshape(leaf.shape);
  }

  /** What assignments write was written, in the program's own memory: to be read back when it is asked for. */
  protected markWritten(): void {
    for (const { parameter } of this.graph.assignments) {
      this.#parameters.set(this.#keyOf(parameter), null);
    }
  }

  /** Lets go of tensors whose elements are packed as they are: a program that changes weights has them once, and not twice. */
  protected letGo(keys: Iterable<string> = this.#parameters.keys()): void {
    if (this.graph.assignments.length === 0) return;
    for (const key of keys) if (this.isOwn(key)) this.#parameters.set(key, null);
  }

  async #take(changed: ReadonlyMap<string, Tensor>): Promise<void> {
    for (const [key, tensor] of changed) this.#parameters.set(key, tensor);
    await this.pack(changed);
    this.letGo(changed.keys());
  }

  #parameter(key: string): Tensor {
    return (
      this.#parameters.get(key) ?? Tensor.owning(this.readBack(key), this.#shapes.get(key) as Shape)
    );
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
export function checkInputs(inputs: readonly Tensor[], expected: readonly Shape[]): void {
  if (!Array.isArray(inputs)) throw wrongValue('inputs', 'an array of tensors', inputs);
  if (inputs.length !== expected.length) {
    throw new ShapeError(
      `This program takes ${expected.length} inputs (runAll), but got ${inputs.length}.`,
    );
  }
  for (const [i, input] of inputs.entries()) {
    if (!(input instanceof Tensor)) throw wrongValue('input', 'a Tensor', input);
    if (sameShape(input.shape, expected[i])) continue;
    throw new ShapeError(
      `This program was compiled for an input of ${formatShape(expected[i])}, but got ${formatShape(input.shape)}.`,
    );
  }
}

/** Not every caller has a compiler that checks. */
function wrongValue(name: string, wanted: string, value: unknown): ShapeError {
  const code = name === 'input' || name === 'inputs' ? 'ERR_SHAPE' : 'ERR_PARAMETER';
  return new ShapeError(
    `A program takes ${wanted} as ${name}, but got ${describeValue(value)}.`,
    code,
  );
}
