import { Conv2d } from '../../nn/conv2d.js';
import { Dropout } from '../../nn/dropout.js';
import type { Module } from '../../nn/module.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';
import { checkCounts } from '../layers/checkCounts.js';
import { NamedSequential } from '../layers/namedSequential.js';
import { normLayer } from '../layers/normLayer.js';
import { ResidualSequence } from '../layers/residualSequence.js';
import { doubling, halving } from '../layers/scalings.js';

export interface MmgenerationResnetOptions {
  /** `norm_cfg`: IN or BN. Default: `instance`. Convolutions before a batch norm have no biases. */
  readonly norm?: 'instance' | 'batch';
  /** Whether blocks hold a Dropout, which is the identity in eval mode. Default: false. */
  readonly useDropout?: boolean;
}

/**
 * mmgeneration's CycleGAN generator, which MMagic has, too; its class is called ResnetGenerator: `[N, inChannels, H, W]` in
 * [−1, 1], blue first → `[N, outChannels, 4·⌈H/4⌉, 4·⌈W/4⌉]` in [−1, 1]. The 7×7 and the blocks' convolutions mirror.
 *
 * ```ts
 * const zebra = new MmgenerationResnetGenerator(3, 3, 4, 1).eval();
 * (await zebra.forward(Tensor.zeros([1, 3, 22, 32]))).shape; // [1, 3, 24, 32]
 * ```
 *
 * @see open-mmlab/mmgeneration, mmgen/models/architectures/cyclegan, ResnetGenerator
 */
export class MmgenerationResnetGenerator extends NamedSequential {
  /** @throws ShapeError unless counts are whole numbers, `numBlocks` from 0 and the others from 1 up. */
  constructor(
    inChannels: number,
    outChannels: number,
    baseChannels = 64,
    numBlocks = 9,
    { norm = 'instance', useDropout = false }: MmgenerationResnetOptions = {},
  ) {
    checkCounts('MmgenerationResnetGenerator', { inChannels, outChannels, baseChannels }, 1);
    checkCounts('MmgenerationResnetGenerator', { numBlocks });
    const [one, two, four] = [baseChannels, 2 * baseChannels, 4 * baseChannels];
    const bias = norm === 'instance';
    const blocks = Array.from({ length: numBlocks }, () => residualBlock(four, norm, useDropout));
    super({
      model: new Sequential(
        convModule(mirroring(inChannels, one, 7, bias), one, norm),
        convModule(halving(one, two, { bias }), two, norm),
        convModule(halving(two, four, { bias }), four, norm),
        ...blocks,
        convModule(doubling(four, two, { bias }), two, norm),
        convModule(doubling(two, one, { bias }), one, norm),
        new NamedSequential({ conv: mirroring(one, outChannels, 7, true), activate: new Tanh() }),
      ),
    });
  }
}

type Norm = 'instance' | 'batch';

/** mmcv's ConvModule, which names norms by their kind. */
function convModule(
  conv: Module,
  channels: number,
  norm: Norm,
  { activated = true } = {},
): NamedSequential {
  return new NamedSequential({
    conv,
    [norm === 'batch' ? 'bn' : 'in']: normLayer(channels, { norm }),
    ...(activated ? { activate: new ReLU(true) } : {}),
  });
}

function residualBlock(channels: number, norm: Norm, useDropout: boolean): ResidualSequence {
  const convolution = () => mirroring(channels, channels, 3, norm === 'instance');
  return new ResidualSequence({
    block: new Sequential(
      convModule(convolution(), channels, norm),
      ...(useDropout ? [new Dropout(0.5)] : []),
      convModule(convolution(), channels, norm, { activated: false }),
    ),
  });
}

function mirroring(
  inChannels: number,
  outChannels: number,
  kernelSize: number,
  bias: boolean,
): Conv2d {
  const padding = (kernelSize - 1) / 2;
  return new Conv2d(inChannels, outChannels, kernelSize, { padding, paddingMode: 'reflect', bias });
}
