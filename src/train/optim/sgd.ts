import { scaled } from '../../autograd/arithmetic.js';
import type { GraphBuilder, Value } from '../../graph/builder.js';
import type { Parameter } from '../../nn/parameter.js';
import {
  SGD_SCALAR_COUNT,
  sgdMomentumOperator,
  sgdUpdateOperator,
} from '../../tensor/training/sgd.js';
import { type Hyperparameters, Optimizer, type Slots } from './optimizer.js';
import { field, optimizerError, type ParameterState } from './optimizerState.js';

export interface SgdOptions {
  readonly lr: number;
  /** How much of the last step's direction stays. Default: 0. */
  readonly momentum?: number;
  /** How much less of the gradient is added to that. Default: 0. */
  readonly dampening?: number;
  /** Times a parameter, it is added to its gradient. Default: 0. */
  readonly weightDecay?: number;
  /** Whether the gradient is looked at after the momentum's step; with momentum and without dampening. Default: false. */
  readonly nesterov?: boolean;
  /** Whether the loss is to grow. Default: false. */
  readonly maximize?: boolean;
}

type SgdHyperparameters = Hyperparameters & {
  readonly momentum: number;
  readonly dampening: number;
  readonly weight_decay: number;
  readonly nesterov: boolean;
  readonly maximize: boolean;
};

/**
 * Steps against the gradient, with momentum if asked for.
 *
 * ```ts
 * const conv = new Conv2d(3, 8, 3);
 * new SGD(parametersOf(conv), { lr: 0.1, momentum: 0.9 }).lr; // 0.1
 * ```
 *
 * @see torch.optim.SGD
 */
export class SGD extends Optimizer<SgdHyperparameters> {
  override readonly scalarCount = SGD_SCALAR_COUNT;
  protected override readonly foreignFields = { foreach: null, differentiable: false };

  /** @throws CycleganError `ERR_OPTIMIZER` without parameters, or for options that are out of their ranges. */
  constructor(parameters: Iterable<Parameter>, options: SgdOptions) {
    const { lr, momentum = 0, dampening = 0, weightDecay = 0 } = options;
    const { nesterov = false, maximize = false } = options;
    const own = { momentum, dampening, weight_decay: weightDecay, nesterov, maximize };
    super(parameters, lr, own);
    this.check(own);
  }

  /** The first step takes the whole gradient. */
  override scalars(): Float32Array {
    return Float32Array.of(this.lr, this.steps === 0 ? 1 : 1 - this.hyperparameters.dampening);
  }

  override update(
    g: GraphBuilder,
    source: Parameter,
    slots: Slots,
    gradient: Value,
    scalars: Value,
  ): void {
    const { momentum, weight_decay: decay, nesterov, maximize } = this.hyperparameters;
    const parameter = g.parameter(source);
    const signed = maximize ? scaled(g, gradient, -1) : gradient;
    const decayed = decay === 0 ? signed : g.add(signed, scaled(g, parameter, decay));
    let direction = decayed;
    const slot = slots.get('momentum_buffer');
    if (slot !== undefined) {
      const operands = [g.parameter(slot), decayed, scalars] as const;
      const buffer = g.apply(sgdMomentumOperator, operands, { momentum });
      g.assign(slot, buffer);
      direction = nesterov ? g.add(decayed, scaled(g, buffer, momentum)) : buffer;
    }
    g.assign(source, g.apply(sgdUpdateOperator, [parameter, direction, scalars], {}));
  }

  protected override slotNames({ momentum }: SgdHyperparameters): readonly string[] {
    return momentum === 0 ? [] : ['momentum_buffer'];
  }

  protected override check(own: SgdHyperparameters): void {
    const { momentum, dampening, weight_decay: decay, nesterov } = own;
    if (!(momentum >= 0)) throw optimizerError(`SGD: momentum is 0 or more, but got ${momentum}.`);
    if (!(decay >= 0)) throw optimizerError(`SGD: a weight decay is 0 or more, but got ${decay}.`);
    if (!Number.isFinite(dampening)) {
      throw optimizerError(`SGD: dampening is a number, but got ${dampening}.`);
    }
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw optimizerError('SGD: nesterov needs a momentum, and no dampening.');
    }
  }

  /** PyTorch does not count them: a buffer that is there is not the first. */
  protected override stepsOf(states: readonly unknown[], { momentum }: SgdHyperparameters): number {
    if (momentum === 0) return 1;
    return states.every((state) => (field(state, 'momentum_buffer') ?? null) === null) ? 0 : 1;
  }

  protected override extraState(): ParameterState {
    return { momentum_buffer: null };
  }
}
