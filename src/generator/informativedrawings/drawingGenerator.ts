import { Conv2d } from '../../nn/conv2d.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import type { Module } from '../../nn/module.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { Sigmoid } from '../../nn/sigmoid.js';
import { checkCounts } from '../layers/checkCounts.js';
import { NamedSequential } from '../layers/namedSequential.js';
import { ResNetBlock } from '../layers/resNetBlock.js';
import { doubling, halving } from '../layers/scalings.js';

/**
 * Informative Drawings' generator of lines, whose class is called Generator: `[N, inputNc, H, W]` in [0, 1] →
 * `[N, outputNc, 4·⌈H/4⌉, 4·⌈W/4⌉]` in [0, 1].
 *
 * ```ts
 * const netG = new DrawingGenerator(3, 1, 1, 4).eval();
 * (await netG.forward(Tensor.zeros([1, 3, 22, 32]))).shape; // [1, 1, 24, 32]
 * ```
 *
 * @see Chan, Durand, Isola, arXiv:2203.12691; carolineec/informative-drawings, model.py, Generator
 */
export class DrawingGenerator extends NamedSequential {
  /**
   * @param width Channels behind the first convolution, 64 in the authors' class.
   * @throws ShapeError unless counts are whole numbers, `nResidualBlocks` from 0 and the others from 1 up.
   */
  constructor(inputNc = 3, outputNc = 1, nResidualBlocks = 9, width = 64) {
    checkCounts('DrawingGenerator', { inputNc, outputNc, width }, 1);
    checkCounts('DrawingGenerator', { nResidualBlocks });
    const unit = (convolution: Module, channels: number) => [
      convolution,
      new InstanceNorm2d(channels),
      new ReLU(true),
    ];
    const block = () => new ResNetBlock(4 * width);
    super({
      model0: new Sequential(new ReflectionPad2d(3), ...unit(new Conv2d(inputNc, width, 7), width)),
      model1: new Sequential(
        ...unit(halving(width, 2 * width), 2 * width),
        ...unit(halving(2 * width, 4 * width), 4 * width),
      ),
      model2: new Sequential(...Array.from({ length: nResidualBlocks }, block)),
      model3: new Sequential(
        ...unit(doubling(4 * width, 2 * width), 2 * width),
        ...unit(doubling(2 * width, width), width),
      ),
      model4: new Sequential(new ReflectionPad2d(3), new Conv2d(width, outputNc, 7), new Sigmoid()),
    });
  }
}
