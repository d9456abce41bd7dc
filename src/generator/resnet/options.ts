import { BatchNorm2d } from '../../nn/batchNorm2d.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import type { Module } from '../../nn/module.js';
import type { ValueRange } from '../family.js';

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
  /**
   * The values of the pictures that it was trained with, which `translate` feeds. Default: [−1, 1] with batch norm, as the
   * CycleGAN authors' script has it, and [0, 1] else, as in the book.
   */
  readonly inputRange?: ValueRange;
}

/** Everything that decides about keys and shapes. */
export type GeneratorConfig = Required<Omit<GeneratorOptions, 'inputRange'>> & {
  readonly inputNc: number;
  readonly outputNc: number;
  readonly ngf: number;
  readonly nBlocks: number;
};

/** The generator of "Deep Learning with PyTorch", section 2.2. */
export const BOOK_CONFIG: GeneratorConfig = {
  inputNc: 3,
  outputNc: 3,
  ngf: 64,
  nBlocks: 9,
  norm: 'instance',
  dropout: false,
  bias: true,
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

/**
 * Which values a generator was trained with, as far as its layers and its file tell. The CycleGAN authors' script normalises
 * to [−1, 1], the book feeds [0, 1]. An instance norm behind the first convolution, whose padding mirrors, takes scale and
 * shift away, so that both give one picture. A batch norm does not. Tracked statistics are the authors': the book's
 * generator has none.
 */
export function trainedRange({
  norm = 'instance',
  tracked = false,
}: Pick<GeneratorOptions, 'norm'> & { readonly tracked?: boolean }): ValueRange {
  return norm === 'batch' || tracked ? [-1, 1] : [0, 1];
}
