import { BatchNorm2d } from '../../nn/batchNorm2d.js';
import { Identity } from '../../nn/identity.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import type { Module } from '../../nn/module.js';
import type { PaddingKind } from '../family.js';

/** Which norm layers a generator has, if any; `instanceAffine` has a learned scale and shift per channel. */
export type NormKind = 'instance' | 'instanceAffine' | 'batch' | 'none';

/** What differs between the CycleGAN authors' networks that have convolutions before norms. */
export interface BlockOptions {
  /** Default: `instance`, as in the book. */
  readonly norm?: NormKind;
  /** Whether blocks hold a Dropout, which is the identity in eval mode. Default: false. */
  readonly dropout?: boolean;
  /** Whether convolutions before a norm have a bias. Default: true for instance norms, false else. */
  readonly bias?: boolean;
  /** Whether instance norms keep running statistics, as they did in PyTorch's versions of 2018. Default: false. */
  readonly tracked?: boolean;
  /**
   * What lies around the input of the convolutions in residual blocks. Default: `reflect`. With zeros, a block holds no padding
   * layers, so that its keys tell them; nothing in a file tells `replicate` from `reflect`.
   */
  readonly paddingType?: PaddingKind;
}

export function normLayer(
  channels: number,
  { norm = 'instance', tracked = false }: BlockOptions,
): Module {
  if (norm === 'none') return new Identity();
  if (norm === 'batch') return new BatchNorm2d(channels);
  const affine = norm === 'instanceAffine';
  return new InstanceNorm2d(channels, { affine, trackRunningStats: tracked });
}

export function usesBias({ norm = 'instance', bias }: BlockOptions): boolean {
  return bias ?? (norm === 'instance' || norm === 'instanceAffine');
}
