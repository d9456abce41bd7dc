import { Conv2d } from '../../nn/conv2d.js';
import { Dropout } from '../../nn/dropout.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import type { PaddingKind } from '../family.js';
import { blockPadding } from '../layers/blockPadding.js';
import { NamedSequential } from '../layers/namedSequential.js';
import { normLayer } from '../layers/normLayer.js';
import { ResidualSequence } from '../layers/residualSequence.js';

export interface SeparableBlockOptions {
  readonly norm: 'instance' | 'batch';
  readonly paddingType: PaddingKind;
  /** Of the separable convolutions, which have an instance norm inside whatever the others are. */
  readonly bias: boolean;
}

/** A residual block of separable convolutions: `[N, channels, H, W]` → `[N, channels, H, W]`, with `hidden` channels between. */
export function separableBlock(
  channels: number,
  hidden: number,
  { norm, paddingType, bias }: SeparableBlockOptions,
): ResidualSequence {
  const convolution = (from: number, to: number) => {
    const { layers, padding } = blockPadding(paddingType);
    return [...layers, separable(from, to, padding, bias), normLayer(to, { norm })];
  };
  return new ResidualSequence({
    conv_block: new Sequential(
      ...convolution(channels, hidden),
      new ReLU(true),
      new Dropout(0),
      ...convolution(hidden, channels),
    ),
  });
}

/** A 3×3 convolution of each channel, then a 1×1 of all. */
function separable(from: number, to: number, padding: number, bias: boolean): NamedSequential {
  return new NamedSequential({
    conv: new Sequential(
      new Conv2d(from, from, 3, { padding, groups: from, bias }),
      new InstanceNorm2d(from),
      new Conv2d(from, to, 1, { bias }),
    ),
  });
}
