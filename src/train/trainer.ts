import type { EngineOptions, RunOptions } from '../engine/engine.js';
import { ShapeError } from '../errors.js';
import type { GraphBuilder, Value } from '../graph/builder.js';
import { Module } from '../nn/module.js';
import { nextSeed } from '../nn/random.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Optimizer } from './optim/optimizer.js';
import { type NamedModules, StepGraph } from './step/stepGraph.js';
import { StepProgram } from './step/stepProgram.js';

/** What is made as small as it can be, and others that are only told, `[1]` each. */
export interface NamedLosses {
  readonly loss: Value;
  readonly [name: string]: Value;
}

export interface TrainerOptions<I extends string> extends EngineOptions {
  /** The networks that `loss` calls, or the only one. */
  readonly modules: Module | NamedModules;
  /** What each step is given: shapes by name. */
  readonly inputs: Readonly<Record<I, Shape>>;
  /** Writes the loss of a step into a graph. */
  readonly loss: (g: GraphBuilder, inputs: Readonly<Record<I, Value>>) => Value | NamedLosses;
  /** What changes parameters: those that it was made with. Others are frozen. */
  readonly optimizer: Optimizer;
  /** What dropout follows from, a whole number from 0 to below 2²⁴. Default: drawn, so that `manualSeed` settles it. */
  readonly seed?: number;
}

/** The losses of a step, before its changes. */
export interface StepLosses {
  readonly loss: number;
  readonly [name: string]: number;
}

/**
 * Trains networks by a loss: forward pass, gradients and the optimiser's step are one program, which holds parameters and
 * moments: modules and optimiser read them there.
 *
 * ```ts
 * manualSeed(1);
 * const net = new Sequential(new Conv2d(1, 4, 3, { padding: 1 }), new ReLU(), new Conv2d(4, 1, 1));
 * const trainer = await Trainer.create({
 *   modules: net,
 *   inputs: { x: [1, 1, 8, 8], target: [1, 1, 8, 8] },
 *   loss: (g, { x, target }) => mseLoss(g, g.call(net, x), target),
 *   optimizer: new Adam(parametersOf(net), { lr: 0.03 }),
 *   engine: 'js',
 * });
 * const x = new Tensor(Float32Array.from({ length: 64 }, (_, i) => Math.sin(i)), [1, 1, 8, 8]);
 * const target = x.mul(x); // the net is to square its input
 * const { loss: first } = await trainer.step({ x, target });
 * for (let i = 0; i < 30; i++) await trainer.step({ x, target });
 * const { loss: last } = await trainer.step({ x, target });
 * last < first / 4; // true
 * (await net.forward(x, { engine: 'js' })).shape; // [1, 1, 8, 8]
 * trainer.dispose();
 * ```
 */
export class Trainer<I extends string = string> {
  readonly #program: StepProgram;
  readonly #optimizer: Optimizer;
  readonly #inputs: readonly I[];
  readonly #losses: readonly string[];

  private constructor(
    program: StepProgram,
    optimizer: Optimizer,
    inputs: readonly I[],
    losses: readonly string[],
  ) {
    this.#program = program;
    this.#optimizer = optimizer;
    this.#inputs = inputs;
    this.#losses = losses;
  }

  /**
   * Prepares the program. Weights, and the optimiser's state, are read now.
   *
   * @throws CycleganError `ERR_NO_GRADIENT` for a loss that is no scalar, or an operator without a gradient; ShapeError when a
   * layer does not take what reaches it.
   */
  static async create<I extends string>(options: TrainerOptions<I>): Promise<Trainer<I>> {
    const { modules, inputs, loss, optimizer, seed = nextSeed() >>> 8 } = options;
    const named = modules instanceof Module ? { net: modules } : modules;
    const trained = Object.values(named);
    const step = new StepGraph({ modules: named, trained, optimizer });
    const names = Object.keys(inputs) as I[];
    const values = names.map((name) => [name, step.g.addInput(inputs[name], name)] as const);
    const made = loss(step.g, Object.fromEntries(values) as Record<I, Value>);
    const losses: NamedLosses = isValue(made) ? { loss: made } : made;
    step.backward(losses.loss);
    const program = await StepProgram.compile(step, Object.values(losses), { ...options, seed });
    return new Trainer(program, optimizer, names, Object.keys(losses));
  }

  /**
   * A step of the optimiser.
   * @throws ShapeError for an input that lacks, or has another shape; AbortError, after which nothing is changed.
   */
  async step(inputs: Readonly<Record<I, Tensor>>, options: RunOptions = {}): Promise<StepLosses> {
    const missing = this.#inputs.find((name) => inputs[name] === undefined);
    if (missing !== undefined) {
      throw new ShapeError(
        `A step takes ${this.#inputs.join(', ')}, but got no input "${missing}".`,
      );
    }
    const results = await this.#program.run(
      this.#inputs.map((name) => inputs[name]),
      options,
    );
    this.#optimizer.advance();
    const numbers = this.#losses.map((name, i) => [name, results[i].data[0]] as const);
    return Object.fromEntries(numbers) as unknown as StepLosses;
  }

  /** Modules and optimiser have what steps have changed, as they have anyway unless something else was loaded into them since. */
  pull(): void {
    this.#program.pull();
  }

  /** Takes what modules and optimiser have: after either's `loadStateDict`, or when elements were written in place. */
  push(): Promise<void> {
    return this.#program.push();
  }

  /** Nodes of a step that the engine leaves to the reference loops. */
  get fallbacks(): readonly string[] {
    return this.#program.program.fallbacks;
  }

  /** Frees what the program holds; modules and optimiser keep what steps have made of it. */
  dispose(): void {
    this.#program.dispose();
  }
}

function isValue(made: Value | NamedLosses): made is Value {
  return typeof (made as Value).id === 'number';
}
