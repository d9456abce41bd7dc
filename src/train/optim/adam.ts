import { scaled } from '../../autograd/arithmetic.js';
import type { GraphBuilder, Value } from '../../graph/builder.js';
import type { Parameter } from '../../nn/parameter.js';
import { Tensor } from '../../tensor/tensor.js';
import {
  ADAM_SCALAR_COUNT,
  adamFirstMomentOperator,
  adamSecondMomentOperator,
  adamUpdateOperator,
  maximumOperator,
} from '../../tensor/training/adam.js';
import { type Hyperparameters, Optimizer, type Slots } from './optimizer.js';
import { optimizerError, type ParameterState, savedSteps } from './optimizerState.js';

export interface AdamOptions {
  /** Default: 1e-3. */
  readonly lr?: number;
  /** Default: [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Added to the root of the corrected second moment. Default: 1e-8. */
  readonly eps?: number;
  /** Times a parameter, it is added to its gradient. Default: 0. */
  readonly weightDecay?: number;
  /** Whether the largest second moment so far takes the place of the last. Default: false. */
  readonly amsgrad?: boolean;
  /** Whether the loss is to grow. Default: false. */
  readonly maximize?: boolean;
}

type AdamHyperparameters = Hyperparameters & {
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weight_decay: number;
  readonly amsgrad: boolean;
  readonly maximize: boolean;
};

/**
 * Steps by running means of gradients and of their squares.
 *
 * ```ts
 * const conv = new Conv2d(3, 8, 3);
 * const adam = new Adam(parametersOf(conv), { lr: 2e-4, betas: [0.5, 0.999] });
 * adam.stateDict().param_groups[0].params; // [0, 1]
 * ```
 *
 * @see torch.optim.Adam; Kingma and Ba, arXiv:1412.6980
 */
export class Adam extends Optimizer<AdamHyperparameters> {
  override readonly scalarCount = ADAM_SCALAR_COUNT;
  protected override readonly foreignFields = {
    foreach: null,
    capturable: false,
    differentiable: false,
    fused: false,
  };

  /** @throws CycleganError `ERR_OPTIMIZER` without parameters, or for options that are out of their ranges. */
  constructor(parameters: Iterable<Parameter>, options: AdamOptions = {}) {
    const { lr = 1e-3, betas = [0.9, 0.999], eps = 1e-8 } = options;
    const { weightDecay = 0, amsgrad = false, maximize = false } = options;
    const own = { betas, eps, weight_decay: weightDecay, amsgrad, maximize };
    super(parameters, lr, own);
    this.check(own);
  }

  override scalars(): Float32Array {
    const [beta1, beta2] = this.hyperparameters.betas;
    const step = this.steps + 1;
    return Float32Array.of(this.lr / (1 - beta1 ** step), Math.sqrt(1 - beta2 ** step));
  }

  override update(
    g: GraphBuilder,
    source: Parameter,
    slots: Slots,
    gradient: Value,
    scalars: Value,
  ): void {
    const { betas, eps, weight_decay: decay, amsgrad, maximize } = this.hyperparameters;
    const [beta1, beta2] = betas;
    const parameter = g.parameter(source);
    const slot = (name: string) => slots.get(name) as Parameter;
    const signed = maximize ? scaled(g, gradient, -1) : gradient;
    const decayed = decay === 0 ? signed : g.add(signed, scaled(g, parameter, decay));
    const [mean, square] = [slot('exp_avg'), slot('exp_avg_sq')];
    const first = g.apply(adamFirstMomentOperator, [g.parameter(mean), decayed], { beta1 });
    const second = g.apply(adamSecondMomentOperator, [g.parameter(square), decayed], { beta2 });
    let largest = second;
    if (amsgrad) {
      const kept = slot('max_exp_avg_sq');
      largest = g.apply(maximumOperator, [g.parameter(kept), second], {});
      g.assign(kept, largest);
    }
    g.assign(mean, first);
    g.assign(square, second);
    g.assign(source, g.apply(adamUpdateOperator, [parameter, first, largest, scalars], { eps }));
  }

  protected override slotNames({ amsgrad }: AdamHyperparameters): readonly string[] {
    const names = ['exp_avg', 'exp_avg_sq'];
    return amsgrad ? [...names, 'max_exp_avg_sq'] : names;
  }

  protected override check({ betas, eps, weight_decay: decay }: AdamHyperparameters): void {
    if (betas.length !== 2 || !betas.every((beta) => beta >= 0 && beta < 1)) {
      throw optimizerError(`Adam: betas are two numbers from 0 to below 1, but got ${betas}.`);
    }
    if (!(eps >= 0)) throw optimizerError(`Adam: eps is 0 or more, but got ${eps}.`);
    if (!(decay >= 0)) throw optimizerError(`Adam: a weight decay is 0 or more, but got ${decay}.`);
  }

  protected override stepsOf(states: readonly unknown[]): number {
    return savedSteps(states);
  }

  protected override extraState(): ParameterState {
    return { step: new Tensor(Float32Array.of(this.steps), []) };
  }
}
