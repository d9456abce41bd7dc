import { Conv2d } from '../../nn/conv2d.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import type { Module } from '../../nn/module.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';
import { checkCounts } from '../layers/checkCounts.js';
import { NamedSequential } from '../layers/namedSequential.js';
import { ResidualSequence } from '../layers/residualSequence.js';
import { doubling, halving } from '../layers/scalings.js';

/**
 * znxlwm's CartoonGAN generator, whose class is called generator: `[N, inNc, H, W]` in [−1, 1] →
 * `[N, outNc, 4·⌈H/4⌉, 4·⌈W/4⌉]` in [−1, 1]. All of its convolutions pad with zeros.
 *
 * ```ts
 * const g = new ZnxlwmCartoonGANGenerator(3, 3, 4, 1).eval();
 * (await g.forward(Tensor.zeros([1, 3, 22, 32]))).shape; // [1, 3, 24, 32]
 * ```
 *
 * @see znxlwm/pytorch-CartoonGAN, networks.py, generator
 */
export class ZnxlwmCartoonGANGenerator extends NamedSequential {
  /** @throws ShapeError unless counts are whole numbers, `nb` from 0 and the others from 1 up. */
  constructor(inNc: number, outNc: number, nf = 32, nb = 6) {
    checkCounts('ZnxlwmCartoonGANGenerator', { inNc, outNc, nf }, 1);
    checkCounts('ZnxlwmCartoonGANGenerator', { nb });
    super({
      down_convs: new Sequential(
        new Conv2d(inNc, nf, 7, { padding: 3 }),
        ...normAndReLU(nf),
        halving(nf, 2 * nf),
        keeping(2 * nf),
        ...normAndReLU(2 * nf),
        halving(2 * nf, 4 * nf),
        keeping(4 * nf),
        ...normAndReLU(4 * nf),
      ),
      resnet_blocks: new Sequential(...Array.from({ length: nb }, () => residualBlock(4 * nf))),
      up_convs: new Sequential(
        doubling(4 * nf, 2 * nf),
        keeping(2 * nf),
        ...normAndReLU(2 * nf),
        doubling(2 * nf, nf),
        keeping(nf),
        ...normAndReLU(nf),
        new Conv2d(nf, outNc, 7, { padding: 3 }),
        new Tanh(),
      ),
    });
  }
}

function normAndReLU(channels: number): Module[] {
  return [new InstanceNorm2d(channels), new ReLU(true)];
}

function keeping(channels: number): Conv2d {
  return new Conv2d(channels, channels, 3, { padding: 1 });
}

function residualBlock(channels: number): ResidualSequence {
  return new ResidualSequence({
    conv1: keeping(channels),
    conv1_norm: new InstanceNorm2d(channels),
    relu: new ReLU(true),
    conv2: keeping(channels),
    conv2_norm: new InstanceNorm2d(channels),
  });
}
