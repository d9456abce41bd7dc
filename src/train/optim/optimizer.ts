import type { GraphBuilder, Value } from '../../graph/builder.js';
import type { Module } from '../../nn/module.js';
import { Parameter } from '../../nn/parameter.js';
import { describeValue } from '../../tensor/describeValue.js';
import { Tensor } from '../../tensor/tensor.js';
import {
  field,
  type GroupValue,
  groupOf,
  type OptimizerStateDict,
  optimizerError,
  type ParameterState,
  type ParamGroup,
  type SavedState,
  savedTensor,
  statesOf,
} from './optimizerState.js';

/** Hyperparameters but for the learning rate, by PyTorch's names. They are constants of the programs that are made of them. */
export type Hyperparameters = Readonly<Record<string, GroupValue>>;

/** What an optimiser has for one of its parameters, by PyTorch's names. */
export type Slots = ReadonlyMap<string, Parameter>;

/**
 * What changes parameters by their gradients. Its steps are nodes of the graph that computes the gradients; what it keeps for
 * a parameter, its slots, are parameters of that graph, too.
 *
 * @see torch.optim.Optimizer
 */
export abstract class Optimizer<H extends Hyperparameters = Hyperparameters> {
  readonly parameters: readonly Parameter[];
  /** The learning rate of the next step. */
  lr: number;
  /** What `lr` was when a schedule took it over. */
  initialLr: number | null = null;
  #hyperparameters: H;
  #slots: Slots[] | null = null;
  #steps = 0;

  /** @throws CycleganError `ERR_OPTIMIZER` without parameters, or for a learning rate below zero. */
  constructor(parameters: Iterable<Parameter>, lr: number, hyperparameters: H) {
    this.parameters = [...new Set(parameters)];
    if (this.parameters.length === 0) {
      throw optimizerError('An optimiser needs parameters, but got none.');
    }
    if (!(lr >= 0)) throw optimizerError(`A learning rate is 0 or more, but got ${lr}.`);
    this.lr = lr;
    this.#hyperparameters = hyperparameters;
  }

  /** How many `scalars` there are. */
  abstract readonly scalarCount: number;

  /** What the next step takes of numbers that change from step to step: an input of its graph. */
  abstract scalars(): Float32Array;

  /**
   * Adds the nodes of a step on one parameter, and writes back what it changes.
   * @param slots Of this parameter.
   * @param scalars The input that `scalars()` fills.
   */
  abstract update(
    g: GraphBuilder,
    parameter: Parameter,
    slots: Slots,
    gradient: Value,
    scalars: Value,
  ): void;

  /** Names of the slots of a parameter. */
  protected abstract slotNames(hyperparameters: H): readonly string[];
  /** @throws CycleganError `ERR_OPTIMIZER` for hyperparameters that are none. */
  protected abstract check(hyperparameters: H): void;
  /** How many steps a saved state has seen. */
  protected abstract stepsOf(states: readonly unknown[], hyperparameters: H): number;
  /** What is saved beside slots. */
  protected abstract extraState(): ParameterState;
  /** What PyTorch has in a group beside hyperparameters, which means nothing here. */
  protected abstract readonly foreignFields: Hyperparameters;

  get hyperparameters(): H {
    return this.#hyperparameters;
  }

  /** Steps that were done. */
  get steps(): number {
    return this.#steps;
  }

  /** A step was done. */
  advance(): void {
    this.#steps++;
  }

  /** What there is for each parameter, zero before the first step. */
  get slots(): readonly Slots[] {
    this.#slots ??= this.parameters.map(
      ({ shape }) =>
        new Map(
          this.slotNames(this.#hyperparameters).map(
            (name) => [name, Parameter.filled(shape, 0)] as const,
          ),
        ),
    );
    return this.#slots;
  }

  /** The slots of one of the parameters. */
  slotsOf(parameter: Parameter): Slots {
    return this.slots[this.parameters.indexOf(parameter)];
  }

  /** As `torch.optim.Optimizer.state_dict` gives it; what programs have changed has to be pulled from them before. */
  stateDict(): OptimizerStateDict {
    const states = this.#steps === 0 ? [] : this.slots;
    const entries = states.map((slots, i) => {
      const tensors = [...slots].map(([name, { tensor }]) => [name, tensor.share()] as const);
      return [i, { ...this.extraState(), ...Object.fromEntries(tensors) }] as const;
    });
    const group: ParamGroup = {
      lr: this.lr,
      ...this.hyperparameters,
      ...this.foreignFields,
      ...(this.initialLr === null ? {} : { initial_lr: this.initialLr }),
      params: this.parameters.map((_, i) => i),
    };
    return { state: Object.fromEntries(entries), param_groups: [group] };
  }

  /**
   * Takes a state as `stateDict()`, PyTorch or `loadCheckpoint` has it, learning rate and other hyperparameters included. Programs have to be
   * given it afterwards.
   *
   * @throws CycleganError `ERR_OPTIMIZER` for the state of other parameters, or one that is damaged; nothing is changed then.
   */
  loadStateDict(saved: SavedState): void {
    const group = groupOf(saved, this.parameters.length);
    const { lr, initial_lr: initialLr = null } = group;
    if (typeof lr !== 'number' || !(initialLr === null || typeof initialLr === 'number')) {
      throw optimizerError(`"lr" is a number, but in this state ${describeValue(lr)}.`);
    }
    const hyperparameters = this.#adopted(group);
    const states = statesOf(saved, group);
    const steps = states.length === 0 ? 0 : this.stepsOf(states, hyperparameters);
    const names = this.slotNames(hyperparameters);
    const tensors = this.parameters.map((parameter, i) => {
      const tensorOf = (name: string) =>
        steps === 0 ? Tensor.zeros(parameter.shape) : savedTensor(states[i], name, i, parameter);
      return new Map(names.map((name) => [name, tensorOf(name)] as const));
    });
    this.#hyperparameters = hyperparameters;
    for (const [i, slots] of this.slots.entries()) {
      for (const [name, slot] of slots) slot.adopt(tensors[i].get(name) as Tensor);
    }
    this.lr = lr;
    this.initialLr = initialLr;
    this.#steps = steps;
  }

  /** The hyperparameters of a saved group: the very ones of this optimiser where all are the same. */
  #adopted(group: ParamGroup): H {
    if (field(group, 'decoupled_weight_decay') === true) {
      throw optimizerError('The state is of AdamW, whose weight decay is another.');
    }
    const own = this.#hyperparameters;
    const differing = Object.entries(own).flatMap(([name, value]) => {
      const saved = field(group, name);
      if (saved === undefined || same(saved, value)) return [];
      if (typeof saved !== typeof value || Array.isArray(saved) !== Array.isArray(value)) {
        throw optimizerError(`"${name}" of this state is ${describeValue(saved)}.`);
      }
      return [[name, saved] as const];
    });
    if (differing.length === 0) return own;
    if (this.#slots !== null) {
      const list = differing.map(
        ([name, saved]) => `${name} is ${String(saved)} there and ${String(own[name])} here`,
      );
      throw optimizerError(
        `The state has other hyperparameters, which programs hold as constants: ${list.join(', ')}. Make the optimiser with those of the state, or load the state before a program is made of it.`,
      );
    }
    const adopted = { ...own, ...Object.fromEntries(differing) } as H;
    this.check(adopted);
    return adopted;
  }
}

/**
 * The parameters of modules that are trained, in PyTorch's order, each once: all but buffers.
 *
 * ```ts
 * parametersOf(new Conv2d(3, 8, 3), new BatchNorm2d(8)).length; // 4
 * ```
 *
 * @see torch.nn.Module.parameters
 */
export function parametersOf(...modules: readonly Module[]): Parameter[] {
  const all = modules.flatMap((module) => {
    const trained = new Set([...module.namedParameters()].map(([key]) => key));
    return [...module.namedState()].flatMap(([key, one]) => (trained.has(key) ? [one] : []));
  });
  return [...new Set(all)];
}

function same(a: unknown, b: GroupValue): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
