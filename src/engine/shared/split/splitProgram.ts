import { type Graph, shapeOf } from '../../../graph/graph.js';
import { type ElementPart, partsOf } from '../../../tensor/elementSource.js';
import { type Shape, sizeOf } from '../../../tensor/shape.js';
import { Tensor } from '../../../tensor/tensor.js';
import type { EngineName, Program, RunOptions } from '../../engine.js';
import { checkInputs } from '../program.js';
import type { SplitGraph } from './splitBatch.js';

/** The program of a graph whose batches were split, with batches going in and coming out. */
export class SplitProgram implements Program {
  readonly inputShapes: readonly Shape[];
  readonly outputShapes: readonly Shape[];
  readonly details: readonly string[];
  readonly #program: Program;
  readonly #split: Omit<SplitGraph, 'graph'>;

  constructor(graph: Graph, { inputs, outputs }: SplitGraph, program: Program) {
    this.inputShapes = graph.inputs.map(({ shape }) => shape);
    this.outputShapes = graph.outputs.map((id) => shapeOf(graph, id));
    this.details = [...program.details, 'pictures of a batch side by side'];
    this.#program = program;
    this.#split = { inputs, outputs };
  }

  get engine(): EngineName {
    return this.#program.engine;
  }

  get inputShape(): Shape {
    return this.inputShapes[0] ?? [];
  }

  get outputShape(): Shape {
    return this.outputShapes[0] ?? [];
  }

  get memoryBytes(): number {
    return this.#program.memoryBytes;
  }

  get scratchBytes(): number {
    return this.#program.scratchBytes;
  }

  get fallbacks(): readonly string[] {
    return this.#program.fallbacks;
  }

  async run(input: Tensor, options: RunOptions = {}): Promise<Tensor> {
    const [output] = await this.runAll([input], options);
    return output;
  }

  async runAll(inputs: readonly Tensor[], options: RunOptions = {}): Promise<Tensor[]> {
    checkInputs(inputs, this.inputShapes);
    const pictures = inputs.flatMap((input, i) => picturesOf(input, this.#split.inputs[i]));
    const results = await this.#program.runAll(pictures, options);
    return this.outputShapes.map((shape, i) => {
      const parts = results.splice(0, this.#split.outputs[i]);
      return parts.length === 1 ? parts[0] : joined(parts, shape);
    });
  }

  async runReading<T>(
    input: Tensor,
    read: (output: Float32Array) => T,
    options: RunOptions = {},
  ): Promise<T> {
    const { data } = await this.run(input, options);
    return read(data);
  }

  runReadingParts<T>(
    input: Tensor,
    read: (part: ElementPart) => T,
    options: RunOptions = {},
  ): Promise<T> {
    return this.runReading(input, (output) => read(partsOf(output)), options);
  }

  updateParameters(parameters: ReadonlyMap<string, Tensor>): Promise<void> {
    return this.#program.updateParameters(parameters);
  }

  parameters(keys?: Iterable<string>): ReadonlyMap<string, Tensor> {
    return this.#program.parameters(keys);
  }

  dispose(): void {
    this.#program.dispose();
  }
}

/** Pictures of a batch, which share its elements. */
function picturesOf(batch: Tensor, count: number): Tensor[] {
  if (count === 1) return [batch];
  const shape = [1, ...batch.shape.slice(1)];
  const size = sizeOf(shape);
  return Array.from(
    { length: count },
    (_, n) => new Tensor(batch.data.subarray(n * size, (n + 1) * size), shape),
  );
}

function joined(pictures: readonly Tensor[], shape: Shape): Tensor {
  const batch = Tensor.zeros(shape);
  for (const [n, { data }] of pictures.entries()) batch.data.set(data, n * data.length);
  return batch;
}
