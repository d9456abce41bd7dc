import type { EngineOptions, Program, RunOptions } from '../engine/engine.js';
import { ShapeError } from '../errors.js';
import type { GraphBuilder, Traceable, Value } from '../graph/builder.js';
import { checkSignal } from '../platform/abortion.js';
import { describeValue } from '../tensor/describeValue.js';
import type { ElementPart } from '../tensor/elementSource.js';
import type { Shape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import {
  type LoadStateDictOptions,
  type LoadStateDictResult,
  loadIntoParameters,
  type Shaped,
  type StateDict,
} from './loadStateDict.js';
import type { Parameter } from './parameter.js';
import { ProgramCache } from './programCache.js';

export interface ForwardOptions extends RunOptions, EngineOptions {
  /** Receives the program before it runs: which engine, how, with how much memory. */
  readonly onProgram?: (program: Program) => void;
}

/**
 * The base of all layers and networks, as `torch.nn.Module`. A subclass registers its parameters,
 * buffers and children under PyTorch's names, which make the state-dict keys, and says in `trace`
 * what it computes; everything else is written once, here.
 *
 * ```ts
 * class Residual extends Module {
 *   readonly conv = this.registerModule('conv', new Conv2d(8, 8, 3, { padding: 1 }));
 *
 *   override trace(g: GraphBuilder, x: Value): Value {
 *     return g.add(x, g.call(this.conv, x)); // PyTorch: return x + self.conv(x)
 *   }
 * }
 * [...new Residual().stateDict().keys()]; // ['conv.weight', 'conv.bias']
 * (await new Residual().forward(Tensor.zeros([1, 8, 4, 4]))).shape; // [1, 8, 4, 4]
 * ```
 */
export abstract class Module implements Traceable {
  /** As in PyTorch, modules start in training mode; `eval()` ends it. */
  training = true;
  readonly #children = new Map<string, Module>();
  readonly #parameters = new Map<string, Parameter>();
  readonly #buffers = new Map<string, Parameter>();
  readonly #programs = new ProgramCache(this);

  /** Writes this module into a graph; reads as PyTorch's `forward`, but touches no numbers. */
  abstract trace(g: GraphBuilder, x: Value): Value;

  /** What stands between the brackets when the module is printed. */
  protected extraRepr(): string {
    return '';
  }

  protected registerModule<M extends Module>(name: string, module: M): M {
    this.#children.set(name, module);
    return module;
  }

  protected registerParameter<P extends Parameter | null>(name: string, parameter: P): P {
    if (parameter !== null) this.#parameters.set(name, parameter);
    return parameter;
  }

  /** A tensor that is saved with the weights but not trained: running statistics. */
  protected registerBuffer<P extends Parameter | null>(name: string, buffer: P): P {
    if (buffer !== null) this.#buffers.set(name, buffer);
    return buffer;
  }

  /**
   * Runs the module on the fastest engine. The program is kept for the next input of that shape, and
   * those of a few shapes that take turns. Weights that were loaded anew, or written to in place, are
   * noticed and packed into it.
   *
   * @throws ShapeError when the input does not fit.
   */
  async forward(input: Tensor, options: ForwardOptions = {}): Promise<Tensor> {
    checkInput('forward', input);
    checkSignal(options.signal);
    return this.#programs.use(input.shape, options, (program) => {
      options.onProgram?.(program);
      return program.run(input, options);
    });
  }

  /**
   * As `forward`, but without a tensor of the result: the more pixels a picture has, the more that saves.
   *
   * ```ts
   * const input = Tensor.full([1, 3, 2, 2], -1);
   * await new ReLU().forwardReading(input, (output) => output[0]); // 0
   * ```
   *
   * @param read Gets the output's elements, row-major, where the program has them: to be read before it returns, and not to be
   * written to.
   * @returns What `read` returns.
   * @throws ShapeError when the input does not fit.
   */
  async forwardReading<T>(
    input: Tensor,
    read: (output: Float32Array, shape: Shape) => T,
    options: ForwardOptions = {},
  ): Promise<T> {
    checkInput('forwardReading', input);
    checkSignal(options.signal);
    return this.#programs.use(input.shape, options, (program) => {
      options.onProgram?.(program);
      return program.runReading(input, (output) => read(output, program.outputShape), options);
    });
  }

  /**
   * As `forwardReading`, but part by part: with a scratch file, not even the output is whole in memory.
   *
   * ```ts
   * const input = Tensor.full([1, 3, 2, 2], -1);
   * await new ReLU().forwardReadingParts(input, (part) => part(8, 4)); // [0, 0, 0, 0]
   * ```
   *
   * @param read Gets what gives elements `from … from + length − 1`, row-major, each time to be read before the next.
   * @returns What `read` returns.
   * @throws ShapeError when the input does not fit.
   */
  async forwardReadingParts<T>(
    input: Tensor,
    read: (part: ElementPart, shape: Shape) => T,
    options: ForwardOptions = {},
  ): Promise<T> {
    checkInput('forwardReadingParts', input);
    checkSignal(options.signal);
    return this.#programs.use(input.shape, options, (program) => {
      options.onProgram?.(program);
      return program.runReadingParts(input, (part) => read(part, program.outputShape), options);
    });
  }

  /**
   * The program that `forward` would use for this input shape. The next shape may push it out: for one
   * to keep, call `compile`.
   */
  program(inputShape: readonly number[], options: EngineOptions = {}): Promise<Program> {
    return this.#programs.use(inputShape, options, (program) => program);
  }

  /**
   * Frees the programs that `forward` keeps. The module stays usable. Their memory waits some seconds for the next
   * program, and goes back to the system after that.
   */
  dispose(): void {
    this.#programs.clear();
  }

  /**
   * Sets the mode of this module and all below it. Layers that do something else in training (`Dropout`, `BatchNorm2d`,
   * `InstanceNorm2d` with running statistics) do it in graphs that are traced for training, `GraphBuilder.startTraining`;
   * `forward` and `compile` take them in eval mode.
   */
  train(mode = true): this {
    for (const [, module] of this.namedModules()) module.training = mode;
    return this;
  }

  eval(): this {
    return this.train(false);
  }

  /** Direct children by name. */
  namedChildren(): ReadonlyMap<string, Module> {
    return this.#children;
  }

  /** This module (under `''`) and all below it, by dotted name. */
  *namedModules(prefix = ''): Generator<[string, Module]> {
    yield* this.#listModules(prefix, []);
  }

  /** Generators within generators would pass each module on, level by level. */
  #listModules(prefix: string, list: [string, Module][]): [string, Module][] {
    list.push([prefix, this]);
    for (const [name, child] of this.#children) child.#listModules(join(prefix, name), list);
    return list;
  }

  /** The weights, without buffers, by state-dict key. */
  *namedParameters(): Generator<[string, Tensor]> {
    for (const [prefix, module] of this.namedModules()) {
      for (const [name, parameter] of module.#parameters) {
        yield [join(prefix, name), parameter.tensor];
      }
    }
  }

  /** Weights and buffers by state-dict key. */
  namedState(): Map<string, Parameter> {
    const state = new Map<string, Parameter>();
    for (const [prefix, module] of this.namedModules()) {
      for (const [name, parameter] of [...module.#parameters, ...module.#buffers]) {
        state.set(join(prefix, name), parameter);
      }
    }
    return state;
  }

  /** Buffers by state-dict key: what is saved with the weights but not trained. */
  namedBuffers(): Map<string, Parameter> {
    const buffers = new Map<string, Parameter>();
    for (const [prefix, module] of this.namedModules()) {
      for (const [name, buffer] of module.#buffers) buffers.set(join(prefix, name), buffer);
    }
    return buffers;
  }

  /** Weights and buffers by PyTorch's keys, in PyTorch's order. The tensors are the module's own. */
  stateDict(): Map<string, Tensor> {
    return new Map([...this.namedState()].map(([key, parameter]) => [key, parameter.tensor]));
  }

  /**
   * Takes the elements of a state dict's tensors; later writes to these change nothing here.
   *
   * @returns Keys that were missing or unexpected, which `strict: false` lets pass.
   * @throws StateDictError with every missing, unexpected and misshapen key; nothing is loaded then.
   * @see torch.nn.Module.load_state_dict
   */
  loadStateDict(stateDict: StateDict, options: LoadStateDictOptions = {}): LoadStateDictResult {
    return loadIntoParameters(this.constructor.name, this.namedState(), stateDict, options);
  }

  /** The shapes of `stateDict()`, by the same keys in the same order; draws no weights. */
  stateDictShapes(): Map<string, Shaped> {
    return new Map([...this.namedState()].map(([key, { shape }]) => [key, { shape }]));
  }

  /** The indented form of PyTorch's `print(module)`. */
  toString(): string {
    const children = [...this.#children].map(
      ([name, child]) => `  (${name}): ${child.toString().replaceAll('\n', '\n  ')}`,
    );
    const body = children.length > 0 ? `\n${children.join('\n')}\n` : this.extraRepr();
    return `${this.constructor.name}(${body})`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** Not every caller has a compiler that checks. */
function checkInput(taker: string, input: unknown): void {
  if (input instanceof Tensor) return;
  throw new ShapeError(`${taker} takes a Tensor, but got ${describeValue(input)}.`);
}

function join(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}.${name}`;
}
