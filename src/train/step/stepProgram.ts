import type { EngineOptions, Program, RunOptions } from '../../engine/engine.js';
import { compileByEngine } from '../../engine/engines.js';
import { CycleganError } from '../../errors.js';
import type { ParameterSource, Value } from '../../graph/builder.js';
import type { Graph } from '../../graph/graph.js';
import type { ElementHolder, Parameter } from '../../nn/parameter.js';
import { Tensor } from '../../tensor/tensor.js';
import type { Optimizer } from '../optim/optimizer.js';
import type { StepGraph } from './stepGraph.js';

/** Whole numbers that are exact as float32, which random numbers follow from. */
const SEEDS = 2 ** 24;

export interface StepProgramOptions extends EngineOptions {
  /** What random numbers follow from, with the number of the step: a whole number from 0 to below 2²⁴. */
  readonly seed: number;
}

/**
 * The program of a training step: each run changes the parameters and the optimiser's slots that it holds. Modules and optimiser
 * let go of those, and read them from here, so that they are in memory once.
 */
export class StepProgram implements ElementHolder {
  readonly program: Program;
  readonly #optimizer: Optimizer;
  readonly #seed: number;
  /** What the program has, by key. */
  readonly #held: ReadonlyMap<string, ParameterSource>;
  /** What each run changes, and by which keys. */
  readonly #changing: ReadonlyMap<Parameter, string>;
  /** Tensors whose arrays somebody has, and may have written to, since weights were last the program's own: as such they are read. */
  readonly #asked = new Map<Parameter, Tensor>();
  /** How often weights have changed: tensors of earlier ones are their callers'. */
  #version = 0;
  #isDisposed = false;

  private constructor(program: Program, graph: Graph, step: StepGraph, seed: number) {
    this.program = program;
    this.#optimizer = step.optimizer;
    this.#seed = seed;
    const own = new Set(graph.parameters.map(({ key }) => key));
    this.#held = new Map(
      [...step.keys].flatMap(([one, key]) => (own.has(key) ? [[key, one] as const] : [])),
    );
    const assigned = new Set(graph.assignments.map(({ parameter }) => parameter));
    const changing = graph.parameters.filter(({ id }) => assigned.has(id));
    this.#changing = new Map(
      changing.map(({ key }) => [this.#held.get(key) as Parameter, key] as const),
    );
  }

  /** Ends a step's graph and prepares it. What it changes is lent to it, once it is prepared. */
  static async compile(
    step: StepGraph,
    outputs: readonly Value[],
    { seed, ...options }: StepProgramOptions,
  ): Promise<StepProgram> {
    const graph = step.finish(outputs);
    const program = new StepProgram(await compileByEngine(graph, options), graph, step, seed);
    program.#takeOver(graph);
    return program;
  }

  /** A step, as the optimiser stands; `optimizer.advance()` is the caller's, once all of its programs ran. */
  async run(inputs: readonly Tensor[], options: RunOptions = {}): Promise<Tensor[]> {
    const scalars = this.#optimizer.scalars();
    const seed = Float32Array.of(this.#seed, this.#optimizer.steps % SEEDS);
    const own = [scalars, seed].map((data) => new Tensor(data, [data.length]));
    const outputs = await this.program.runAll([...own, ...inputs], options);
    this.#forget();
    return outputs;
  }

  /** Gives another program what runs of this one have changed, as far as it has it. */
  async handOver(to: StepProgram): Promise<void> {
    const shared = [...this.#changing.values()].filter(
      (key) => this.#held.get(key) === to.#held.get(key),
    );
    if (shared.length === 0) return;
    await to.program.updateParameters(this.program.parameters(shared));
    to.#forget();
  }

  /** Has lent to it what it changes, but for what others hold, or was loaded while it was prepared. */
  #takeOver({ parameters }: Graph): void {
    const traced = new Map(parameters.map(({ key, tensor }) => [key, tensor] as const));
    for (const [parameter, key] of this.#changing) {
      const isAsTraced = parameter.holder === null && parameter.tensor === traced.get(key);
      if (isAsTraced) parameter.lend(this);
    }
  }

  tensorOf(parameter: Parameter): Tensor {
    if (this.#isDisposed) {
      throw new CycleganError('ERR_DISPOSED', 'This training was disposed of, with what it kept.');
    }
    const asked = this.#asked.get(parameter);
    if (asked !== undefined) return asked;
    const key = this.#changing.get(parameter) as string;
    const tensor = (this.program.parameters([key]).get(key) as Tensor).share();
    const version = this.#version;
    return tensor.whenAsked(() => {
      if (version === this.#version) this.#asked.set(parameter, tensor);
    });
  }

  /** From now on, the elements are those that the program has. */
  #forget(): void {
    this.#asked.clear();
    this.#version++;
  }

  /** Modules and optimiser have what runs have changed, and will change: not what was loaded into them since. */
  pull(): void {
    if (this.#isDisposed) return;
    this.#forget();
    for (const parameter of this.#changing.keys()) parameter.lend(this);
  }

  /** Packs what modules and optimiser have. */
  async push(): Promise<void> {
    const others = [...this.#held].filter(([, one]) => {
      const parameter = one as Parameter;
      return parameter.holder !== this || this.#asked.has(parameter);
    });
    await this.program.updateParameters(
      new Map(others.map(([key, { tensor }]) => [key, tensor] as const)),
    );
    this.pull();
  }

  /** @param kept Those that are given back what the program has of them. Default: all. */
  dispose(kept: (parameter: Parameter) => boolean = () => true): void {
    if (this.#isDisposed) return;
    try {
      for (const parameter of this.#changing.keys()) {
        if (parameter.holder === this && kept(parameter)) parameter.adopt(parameter.tensor);
      }
    } finally {
      this.#isDisposed = true;
      this.program.dispose();
    }
  }
}
