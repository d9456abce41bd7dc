import { CycleganError } from '../../errors.js';
import type { Optimizer } from './optimizer.js';

/** What `LambdaLR` saves; the function is not among it. */
export interface LambdaLRState {
  readonly base_lrs: readonly number[];
  readonly last_epoch: number;
}

/**
 * A schedule: the learning rate of each epoch is the first one times what a function makes of the epoch's number, from 0 up.
 * There is no floor: what the function gives below zero makes the loss grow.
 *
 * ```ts
 * const adam = new Adam(parametersOf(new Conv2d(3, 8, 3)), { lr: 2 });
 * const schedule = new LambdaLR(adam, (epoch) => 1 - epoch / 4);
 * schedule.step();
 * adam.lr; // 1.5
 * ```
 *
 * @see torch.optim.lr_scheduler.LambdaLR
 */
export class LambdaLR {
  readonly optimizer: Optimizer;
  readonly #factor: (epoch: number) => number;
  #baseLr: number;
  #lastEpoch = 0;

  constructor(optimizer: Optimizer, factor: (epoch: number) => number) {
    this.optimizer = optimizer;
    this.#factor = factor;
    optimizer.initialLr ??= optimizer.lr;
    this.#baseLr = optimizer.initialLr;
    this.#apply();
  }

  get lastEpoch(): number {
    return this.#lastEpoch;
  }

  /** Goes on to the next epoch. */
  step(): void {
    this.#lastEpoch++;
    this.#apply();
  }

  stateDict(): LambdaLRState {
    return { base_lrs: [this.#baseLr], last_epoch: this.#lastEpoch };
  }

  /**
   * Takes a saved state; the optimiser's learning rate stays, as its own state has it, until the next `step`.
   * @throws CycleganError `ERR_OPTIMIZER` for one that is none.
   */
  loadStateDict({ base_lrs: baseLrs, last_epoch: lastEpoch }: LambdaLRState): void {
    const isEpoch = Number.isInteger(lastEpoch) && lastEpoch >= 0;
    if (!isEpoch || !Array.isArray(baseLrs) || !(baseLrs.length === 1 && baseLrs[0] >= 0)) {
      throw new CycleganError(
        'ERR_OPTIMIZER',
        'The state of a LambdaLR has one number in "base_lrs" and a whole number as "last_epoch".',
      );
    }
    [this.#baseLr] = baseLrs;
    this.#lastEpoch = lastEpoch;
  }

  #apply(): void {
    this.optimizer.lr = this.#baseLr * this.#factor(this.#lastEpoch);
  }
}
