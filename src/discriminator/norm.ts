import { BatchNorm2d } from '../nn/batchNorm2d.js';
import { Identity } from '../nn/identity.js';
import { InstanceNorm2d } from '../nn/instanceNorm2d.js';
import type { Module } from '../nn/module.js';

/** Which norm layers a discriminator has; convolutions before them have biases with `instance` alone. */
export type DiscriminatorNorm = 'batch' | 'instance' | 'none';

export interface DiscriminatorOptions {
  /** Default: `batch`, as the class has it; CycleGAN trains with `instance`. */
  readonly norm?: DiscriminatorNorm;
}

export function normLayer(channels: number, norm: DiscriminatorNorm): Module {
  if (norm === 'none') return new Identity();
  return norm === 'batch' ? new BatchNorm2d(channels) : new InstanceNorm2d(channels);
}
