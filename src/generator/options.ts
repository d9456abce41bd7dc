import { BatchNorm2d } from '../nn/batchNorm2d.js';
import { InstanceNorm2d } from '../nn/instanceNorm2d.js';
import type { Module } from '../nn/module.js';

/** Which norm layers a generator has; `instanceAffine` has a learned scale and shift a channel. */
export type NormKind = 'instance' | 'instanceAffine' | 'batch';

/** Variations of the generator that the CycleGAN authors' repository can train. */
export interface GeneratorOptions {
  /** Default: `instance`, as in the book. */
  readonly norm?: NormKind;
  /** Whether blocks hold a Dropout, which is the identity in eval mode. Default: false. */
  readonly dropout?: boolean;
  /** Whether convolutions before a norm have a bias. Default: true, but for batch norm false. */
  readonly bias?: boolean;
}

/** Everything that `new ResNetGenerator(…)` takes. */
export type GeneratorConfig = Required<GeneratorOptions> & {
  readonly inputNc: number;
  readonly outputNc: number;
  readonly ngf: number;
  readonly nBlocks: number;
};

/** `ResNetGenerator(3, 3, 64, 9), instance norm, with bias`. */
export function describeConfig(config: GeneratorConfig): string {
  const { inputNc, outputNc, ngf, nBlocks, norm, dropout, bias } = config;
  const parts = [
    `ResNetGenerator(${inputNc}, ${outputNc}, ${ngf}, ${nBlocks})`,
    `${norm} norm`,
    bias ? 'with bias' : 'without bias',
  ];
  return [...parts, ...(dropout ? ['with dropout'] : [])].join(', ');
}

export function normLayer(channels: number, { norm = 'instance' }: GeneratorOptions): Module {
  if (norm === 'batch') return new BatchNorm2d(channels);
  return new InstanceNorm2d(channels, { affine: norm === 'instanceAffine' });
}

export function usesBias({
  norm = 'instance',
  bias = norm !== 'batch',
}: GeneratorOptions): boolean {
  return bias;
}
