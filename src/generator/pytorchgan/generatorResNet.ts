import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d } from '../../nn/conv2d.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import { Module } from '../../nn/module.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';
import { Upsample } from '../../nn/upsample.js';
import { checkCounts } from '../layers/checkCounts.js';
import { ResidualSequence } from '../layers/residualSequence.js';

export interface GeneratorResNetOptions {
  /** Channels behind the first convolution. Default: 64, as the class has it. */
  readonly width?: number;
}

/** How often the picture is halved on the way in and doubled on the way out. */
const SCALINGS = 2;

/**
 * The CycleGAN generator of PyTorch-GAN, which enlarges by nearest neighbours and convolves then:
 * `[N, C, H, W]` → `[N, C, 4·⌈H/4⌉, 4·⌈W/4⌉]` with the three channels of a colour picture, in [−1, 1].
 *
 * Its outer convolutions are padded by as many pixels as there are channels, as in the repository: with one channel,
 * sides are eight less.
 *
 * ```ts
 * const netG = new GeneratorResNet([3, 32, 32], 1, { width: 4 }).eval();
 * (await netG.forward(Tensor.zeros([1, 3, 30, 32]))).shape; // [1, 3, 32, 32]
 * ```
 *
 * @see Zhu et al., arXiv:1703.10593; eriklindernoren/PyTorch-GAN, implementations/cyclegan/models.py, GeneratorResNet
 */
export class GeneratorResNet extends Module {
  readonly model: Sequential;

  /**
   * @param inputShape `[C, H, W]` of pictures, of which the channels count alone.
   * @throws ShapeError unless there are channels, and blocks are a whole number from 0 up.
   */
  constructor(
    inputShape: readonly [channels: number, height: number, width: number],
    numResidualBlocks: number,
    { width = 64 }: GeneratorResNetOptions = {},
  ) {
    super();
    checkCounts('GeneratorResNet', { numResidualBlocks });
    const [channels] = inputShape;
    const layers: Module[] = [new ReflectionPad2d(channels), new Conv2d(channels, width, 7)];
    const normAndReLU = (count: number) => [new InstanceNorm2d(count), new ReLU(true)];
    layers.push(...normAndReLU(width));
    for (let i = 0; i < SCALINGS; i++) {
      const dim = width * 2 ** i;
      layers.push(new Conv2d(dim, 2 * dim, 3, { stride: 2, padding: 1 }), ...normAndReLU(2 * dim));
    }
    for (let i = 0; i < numResidualBlocks; i++) layers.push(residualBlock(width * 2 ** SCALINGS));
    for (let i = SCALINGS; i > 0; i--) {
      const dim = width * 2 ** i;
      layers.push(new Upsample({ scaleFactor: 2 }), new Conv2d(dim, dim / 2, 3, { padding: 1 }));
      layers.push(...normAndReLU(dim / 2));
    }
    layers.push(new ReflectionPad2d(channels), new Conv2d(width, channels, 7), new Tanh());
    this.model = this.registerModule('model', new Sequential(...layers));
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.call(this.model, x);
  }
}

function residualBlock(channels: number): Module {
  const padded = () => [
    new ReflectionPad2d(1),
    new Conv2d(channels, channels, 3),
    new InstanceNorm2d(channels),
  ];
  const block = new Sequential(...padded(), new ReLU(true), ...padded());
  return new ResidualSequence({ block });
}
