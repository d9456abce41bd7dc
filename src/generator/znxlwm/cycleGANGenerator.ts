import { Conv2d } from '../../nn/conv2d.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';
import { checkCounts } from '../layers/checkCounts.js';
import { NamedSequential } from '../layers/namedSequential.js';
import { ResidualSequence } from '../layers/residualSequence.js';
import { doubling, halving } from '../layers/scalings.js';

/**
 * znxlwm's CycleGAN generator, whose class is called generator: `[N, inputNc, H, W]` in [−1, 1] →
 * `[N, outputNc, 4·⌈H/4⌉, 4·⌈W/4⌉]` in [−1, 1].
 *
 * ```ts
 * const gA = new ZnxlwmCycleGANGenerator(3, 3, 4, 1).eval();
 * (await gA.forward(Tensor.zeros([1, 3, 22, 32]))).shape; // [1, 3, 24, 32]
 * ```
 *
 * @see znxlwm/pytorch-CycleGAN, network.py, generator
 */
export class ZnxlwmCycleGANGenerator extends NamedSequential {
  /** @throws ShapeError unless counts are whole numbers, `nb` from 0 and the others from 1 up. */
  constructor(inputNc: number, outputNc: number, ngf = 32, nb = 6) {
    checkCounts('ZnxlwmCycleGANGenerator', { inputNc, outputNc, ngf }, 1);
    checkCounts('ZnxlwmCycleGANGenerator', { nb });
    super({
      pad1: new ReflectionPad2d(3),
      conv1: new Conv2d(inputNc, ngf, 7),
      conv1_norm: new InstanceNorm2d(ngf),
      relu1: new ReLU(),
      conv2: halving(ngf, 2 * ngf),
      conv2_norm: new InstanceNorm2d(2 * ngf),
      relu2: new ReLU(),
      conv3: halving(2 * ngf, 4 * ngf),
      conv3_norm: new InstanceNorm2d(4 * ngf),
      relu3: new ReLU(),
      resnet_blocks: new Sequential(...Array.from({ length: nb }, () => residualBlock(4 * ngf))),
      deconv1: doubling(4 * ngf, 2 * ngf),
      deconv1_norm: new InstanceNorm2d(2 * ngf),
      relu4: new ReLU(),
      deconv2: doubling(2 * ngf, ngf),
      deconv2_norm: new InstanceNorm2d(ngf),
      relu5: new ReLU(),
      pad2: new ReflectionPad2d(3),
      deconv3: new Conv2d(ngf, outputNc, 7),
      tanh: new Tanh(),
    });
  }
}

function residualBlock(channels: number): ResidualSequence {
  return new ResidualSequence({
    pad1: new ReflectionPad2d(1),
    conv1: new Conv2d(channels, channels, 3),
    conv1_norm: new InstanceNorm2d(channels),
    relu: new ReLU(),
    pad2: new ReflectionPad2d(1),
    conv2: new Conv2d(channels, channels, 3),
    conv2_norm: new InstanceNorm2d(channels),
  });
}
