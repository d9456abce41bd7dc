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
 * The CycleGAN generator of aladdinpersson's Machine-Learning-Collection, whose class is called Generator:
 * `[N, imgChannels, H, W]` in [−1, 1] → `[N, imgChannels, 4·⌈H/4⌉, 4·⌈W/4⌉]` in [−1, 1]. All of its convolutions mirror, the
 * strided ones, too.
 *
 * ```ts
 * const gen = new AladdinperssonCycleGANGenerator(3, 4, 1).eval();
 * (await gen.forward(Tensor.zeros([1, 3, 22, 32]))).shape; // [1, 3, 24, 32]
 * ```
 *
 * @see aladdinpersson/Machine-Learning-Collection, ML/Pytorch/GANs/CycleGAN/generator_model.py, Generator
 */
export class AladdinperssonCycleGANGenerator extends NamedSequential {
  /** @throws ShapeError unless counts are whole numbers, `numResiduals` from 0 and the others from 1 up. */
  constructor(imgChannels: number, numFeatures = 64, numResiduals = 9) {
    checkCounts('AladdinperssonCycleGANGenerator', { imgChannels, numFeatures }, 1);
    checkCounts('AladdinperssonCycleGANGenerator', { numResiduals });
    const [one, two, four] = [numFeatures, 2 * numFeatures, 4 * numFeatures];
    super({
      initial: unit(mirroring(imgChannels, one, 7), one),
      down_blocks: new Sequential(
        named(unit(halving(one, two, { paddingMode: 'reflect' }), two)),
        named(unit(halving(two, four, { paddingMode: 'reflect' }), four)),
      ),
      res_blocks: new Sequential(
        ...Array.from({ length: numResiduals }, () => residualBlock(four)),
      ),
      up_blocks: new Sequential(
        named(unit(doubling(four, two), two)),
        named(unit(doubling(two, one), one)),
      ),
      last: mirroring(one, imgChannels, 7),
      tanh: new Tanh(),
    });
  }
}

function residualBlock(channels: number): ResidualSequence {
  const convolution = () => mirroring(channels, channels, 3);
  return new ResidualSequence({
    block: new Sequential(
      named(unit(convolution(), channels)),
      named(new Sequential(convolution(), new InstanceNorm2d(channels))),
    ),
  });
}

function mirroring(inChannels: number, outChannels: number, kernelSize: number): Conv2d {
  const padding = (kernelSize - 1) / 2;
  return new Conv2d(inChannels, outChannels, kernelSize, { padding, paddingMode: 'reflect' });
}

function unit(convolution: Module, channels: number): Sequential {
  return new Sequential(convolution, new InstanceNorm2d(channels), new ReLU(true));
}

function named(conv: Module): NamedSequential {
  return new NamedSequential({ conv });
}
