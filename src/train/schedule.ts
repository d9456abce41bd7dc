export interface ScheduleOptions {
  readonly lr: number;
  /** Epochs at `lr`. */
  readonly nEpochs: number;
  /** Epochs in which the learning rate falls linearly, to reach 0 behind the last. */
  readonly nEpochsDecay: number;
}

/**
 * The learning rate of an epoch: flat, then falling on a line, and never below 0.
 *
 * ```ts
 * const paper = { lr: 2e-4, nEpochs: 100, nEpochsDecay: 100 };
 * [1, 100, 150].map((epoch) => learningRate(epoch, paper) / paper.lr); // [1, 1, 1 - 50 / 101]
 * ```
 *
 * @param epoch From 1 up.
 * @see junyanz/pytorch-CycleGAN-and-pix2pix, models/networks.py, get_scheduler, `linear`
 */
export function learningRate(
  epoch: number,
  { lr, nEpochs, nEpochsDecay }: ScheduleOptions,
): number {
  const fallen = Math.max(0, epoch - nEpochs) / (nEpochsDecay + 1);
  return lr * Math.max(0, 1 - fallen);
}
