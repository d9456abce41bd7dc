import type { ValueRange } from '../family.js';
import type { BlockOptions } from '../layers/normLayer.js';

/** Variations of the generator that the CycleGAN authors' repository can train. */
export interface GeneratorOptions extends BlockOptions {
  /**
   * The values of the pictures that it was trained with, which `translate` feeds. Default: [0, 1] for what the book's
   * generator can be, and [−1, 1] for what only the CycleGAN authors' script trains: batch norm, tracked statistics, and
   * padding that does not mirror.
   */
  readonly inputRange?: ValueRange;
}

/** Everything that makes another generator of the kind. */
export type GeneratorConfig = Required<Omit<BlockOptions, 'tracked'>> & {
  /** Present where it is not what the layers tell. */
  readonly inputRange?: ValueRange;
  /** Present where instance norms keep running statistics. */
  readonly tracked?: true;
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
  paddingType: 'reflect',
};

/** `ResNetGenerator(3, 3, 64, 9), instance norm, with bias`. */
export function describeConfig(config: GeneratorConfig): string {
  const { inputNc, outputNc, ngf, nBlocks, norm, dropout, bias, paddingType, tracked } = config;
  const parts = [
    `ResNetGenerator(${inputNc}, ${outputNc}, ${ngf}, ${nBlocks})`,
    norm === 'none' ? 'without norms' : `${norm} norm${tracked ? ' with running statistics' : ''}`,
    bias ? 'with bias' : 'without bias',
  ];
  if (dropout) parts.push('with dropout');
  if (paddingType !== 'reflect') parts.push(`${paddingType} padding in blocks`);
  return parts.join(', ');
}

/**
 * Which values a generator was trained with, as far as its layers and its file tell. The CycleGAN authors' script normalises
 * to [−1, 1], the book feeds [0, 1]. An instance norm behind the first convolution, whose padding mirrors, takes scale and
 * shift away, so that both give one picture. A batch norm does not, nor does none. Tracked statistics, and padding in blocks that does
 * not mirror, are the authors': the book's generator has neither.
 */
export function trainedRange({
  norm = 'instance',
  paddingType = 'reflect',
  tracked = false,
}: BlockOptions): ValueRange {
  const isAuthors = norm === 'batch' || norm === 'none' || tracked || paddingType !== 'reflect';
  return isAuthors ? [-1, 1] : [0, 1];
}
