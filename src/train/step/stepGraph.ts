import { backward } from '../../autograd/grad.js';
import {
  GraphBuilder,
  type ParameterSource,
  type Traceable,
  type Value,
} from '../../graph/builder.js';
import type { Graph } from '../../graph/graph.js';
import { namesOf } from '../../nn/compile.js';
import type { Module } from '../../nn/module.js';
import type { Parameter } from '../../nn/parameter.js';
import { type Optimizer, parametersOf } from '../optim/optimizer.js';

/** Networks by the names that stand before their state-dict keys. */
export type NamedModules = Readonly<Record<string, Module>>;

export interface StepGraphOptions {
  /** All networks that take part. */
  readonly modules: NamedModules;
  /** Those of them whose parameters change; others are frozen. */
  readonly trained: readonly Module[];
  /** What changes them. Of its parameters, those of `trained` take part. */
  readonly optimizer: Optimizer;
}

/**
 * The graph of a training step: losses, each followed by its gradients at once, and at the end what the optimiser does with
 * their sums. Nodes run in the order in which they were added, so the activations of one loss are gone before the next.
 */
export class StepGraph {
  readonly g: GraphBuilder;
  /** The key of each parameter, and of each slot of the optimiser, in the graph. */
  readonly keys: ReadonlyMap<ParameterSource, string>;
  readonly optimizer: Optimizer;
  readonly trained: readonly Parameter[];
  readonly #scalars: Value;
  #gradients: readonly (Value | null)[];

  constructor({ modules, trained, optimizer }: StepGraphOptions) {
    const own = new Set(parametersOf(...trained));
    this.optimizer = optimizer;
    this.trained = optimizer.parameters.filter((parameter) => own.has(parameter));
    const names = namesOfAll(modules);
    for (const [i, slots] of optimizer.slots.entries()) {
      for (const [name, slot] of slots) names.parameters.set(slot, [`optimizer.${i}.${name}`]);
    }
    this.keys = new Map([...names.parameters].map(([parameter, [key]]) => [parameter, key]));
    this.g = new GraphBuilder(null, names);
    this.#scalars = this.g.addInput([optimizer.scalarCount], 'optimizer');
    this.g.startTraining(this.g.addInput([2], 'seed'));
    this.#gradients = this.trained.map(() => null);
  }

  /**
   * Adds the gradients of a loss, `[1]`, to those of the losses before.
   * @throws CycleganError `ERR_NO_GRADIENT` for what is no scalar, or an operator without a rule.
   */
  backward(loss: Value): void {
    const parameters = this.trained.map((parameter) => this.g.parameter(parameter));
    this.#gradients = backward(this.g, loss, parameters, this.#gradients);
  }

  /** Adds the optimiser's step. A parameter that no loss depends on stays as it is, as one without `.grad` in PyTorch. */
  finish(outputs: readonly Value[]): Graph {
    for (const [i, gradient] of this.#gradients.entries()) {
      const parameter = this.trained[i];
      if (gradient === null) continue;
      const slots = this.optimizer.slotsOf(parameter);
      this.optimizer.update(this.g, parameter, slots, gradient, this.#scalars);
    }
    return this.g.finish(outputs);
  }
}

/** What modules and parameters of several networks are called: `netG_A.model.1.weight`. */
function namesOfAll(modules: NamedModules): {
  modules: Map<Traceable, string>;
  parameters: Map<ParameterSource, string[]>;
  buffers: Set<ParameterSource>;
} {
  const all = {
    modules: new Map<Traceable, string>(),
    parameters: new Map<ParameterSource, string[]>(),
    buffers: new Set<ParameterSource>(),
  };
  for (const [prefix, module] of Object.entries(modules)) {
    const names = namesOf(module);
    for (const [child, name] of names.modules) {
      all.modules.set(child, name === '' ? prefix : `${prefix}.${name}`);
    }
    for (const buffer of names.buffers ?? []) all.buffers.add(buffer);
    for (const [parameter, keys] of names.parameters) {
      all.parameters.set(
        parameter,
        keys.map((key) => `${prefix}.${key}`),
      );
    }
  }
  return all;
}
