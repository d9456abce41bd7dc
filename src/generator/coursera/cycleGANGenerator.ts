import { Conv2d } from '../../nn/conv2d.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import type { Module } from '../../nn/module.js';
import { ReLU } from '../../nn/relu.js';
import { Tanh } from '../../nn/tanh.js';
import { checkCounts } from '../layers/checkCounts.js';
import { NamedSequential } from '../layers/namedSequential.js';
import { ResidualSequence } from '../layers/residualSequence.js';
import { doubling, halving } from '../layers/scalings.js';

/**
 * The CycleGAN generator of Coursera's GANs Specialization, whose class is called Generator: `[N, inputChannels, H, W]` in
 * [−1, 1] → `[N, outputChannels, 4·⌈H/4⌉, 4·⌈W/4⌉]` in [−1, 1]. All of its convolutions mirror, the strided ones, too, and the
 * first has neither norm nor activation.
 *
 * ```ts
 * const genAB = new CourseraCycleGANGenerator(3, 3, 4, 1).eval();
 * (await genAB.forward(Tensor.zeros([1, 3, 22, 32]))).shape; // [1, 3, 24, 32]
 * ```
 *
 * @see Generative Adversarial Networks Specialization, course 3, week 3, Generator
 */
export class CourseraCycleGANGenerator extends NamedSequential {
  /**
   * @param nBlocks Nine in the course's class.
   * @throws ShapeError unless counts are whole numbers, `nBlocks` from 0 and the others from 1 up.
   */
  constructor(inputChannels: number, outputChannels: number, hiddenChannels = 64, nBlocks = 9) {
    checkCounts('CourseraCycleGANGenerator', { inputChannels, outputChannels, hiddenChannels }, 1);
    checkCounts('CourseraCycleGANGenerator', { nBlocks });
    const [one, two, four] = [hiddenChannels, 2 * hiddenChannels, 4 * hiddenChannels];
    const blocks: Record<string, Module> = {};
    for (let i = 0; i < nBlocks; i++) blocks[`res${i}`] = residualBlock(four);
    super({
      upfeature: featureMap(inputChannels, one),
      contract1: unit(halving(one, two, { paddingMode: 'reflect' }), two),
      contract2: unit(halving(two, four, { paddingMode: 'reflect' }), four),
      ...blocks,
      expand2: unit(doubling(four, two), two),
      expand3: unit(doubling(two, one), one),
      downfeature: featureMap(one, outputChannels),
      tanh: new Tanh(),
    });
  }
}

function featureMap(inChannels: number, outChannels: number): NamedSequential {
  return new NamedSequential({
    conv: new Conv2d(inChannels, outChannels, 7, { padding: 3, paddingMode: 'reflect' }),
  });
}

function unit(conv1: Module, channels: number): NamedSequential {
  return new NamedSequential({
    conv1,
    instancenorm: new InstanceNorm2d(channels),
    activation: new ReLU(),
  });
}

function residualBlock(channels: number): ResidualSequence {
  const convolution = () =>
    new Conv2d(channels, channels, 3, { padding: 1, paddingMode: 'reflect' });
  return new ResidualSequence({
    conv1: convolution(),
    instancenorm: new InstanceNorm2d(channels),
    activation: new ReLU(),
    conv2: convolution(),
    instancenorm2: new InstanceNorm2d(channels),
  });
}
