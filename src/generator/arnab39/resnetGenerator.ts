import { Conv2d } from '../../nn/conv2d.js';
import { Dropout } from '../../nn/dropout.js';
import type { Module } from '../../nn/module.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';
import { checkCounts } from '../layers/checkCounts.js';
import { NamedSequential } from '../layers/namedSequential.js';
import { normLayer } from '../layers/normLayer.js';
import { ResidualSequence } from '../layers/residualSequence.js';
import { doubling, halving } from '../layers/scalings.js';

export interface Arnab39ResnetOptions {
  /** Default: `batch`, as in its class; its script trains with `instance`. Convolutions before a batch norm have no biases. */
  readonly norm?: 'instance' | 'batch';
  /** Whether blocks hold a Dropout, which is the identity in eval mode. Default: true. */
  readonly useDropout?: boolean;
}

/**
 * arnab39's CycleGAN generator, whose class is called ResnetGenerator: `[N, inputNc, H, W]` in [−1, 1] →
 * `[N, outputNc, 4·⌈H/4⌉, 4·⌈W/4⌉]` in [−1, 1].
 *
 * ```ts
 * const gAB = new Arnab39ResnetGenerator(3, 3, 4, 1, { norm: 'instance' }).eval();
 * (await gAB.forward(Tensor.zeros([1, 3, 22, 32]))).shape; // [1, 3, 24, 32]
 * ```
 *
 * @see arnab39/cycleGAN-PyTorch, arch/generators.py, ResnetGenerator
 */
export class Arnab39ResnetGenerator extends NamedSequential {
  /** @throws ShapeError unless counts are whole numbers, `numBlocks` from 0 and the others from 1 up. */
  constructor(
    inputNc = 3,
    outputNc = 3,
    ngf = 64,
    numBlocks = 6,
    { norm = 'batch', useDropout = true }: Arnab39ResnetOptions = {},
  ) {
    checkCounts('Arnab39ResnetGenerator', { inputNc, outputNc, ngf }, 1);
    checkCounts('Arnab39ResnetGenerator', { numBlocks });
    const bias = norm === 'instance';
    const unit = (convolution: Module, channels: number) =>
      new Sequential(convolution, normLayer(channels, { norm }), new ReLU(true));
    const block = (channels: number) =>
      new ResidualSequence({
        res_block: new Sequential(
          new ReflectionPad2d(1),
          unit(new Conv2d(channels, channels, 3, { bias }), channels),
          ...(useDropout ? [new Dropout(0.5)] : []),
          new ReflectionPad2d(1),
          new Conv2d(channels, channels, 3, { bias }),
          normLayer(channels, { norm }),
        ),
      });
    super({
      res_model: new Sequential(
        new ReflectionPad2d(3),
        unit(new Conv2d(inputNc, ngf, 7, { bias }), ngf),
        unit(halving(ngf, 2 * ngf, { bias }), 2 * ngf),
        unit(halving(2 * ngf, 4 * ngf, { bias }), 4 * ngf),
        ...Array.from({ length: numBlocks }, () => block(4 * ngf)),
        unit(doubling(4 * ngf, 2 * ngf, { bias }), 2 * ngf),
        unit(doubling(2 * ngf, ngf, { bias }), ngf),
        new ReflectionPad2d(3),
        new Conv2d(ngf, outputNc, 7),
        new Tanh(),
      ),
    });
  }
}
