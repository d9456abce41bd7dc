import { BatchNorm2d } from '../../nn/batchNorm2d.js';
import { Conv2d } from '../../nn/conv2d.js';
import { ConvTranspose2d } from '../../nn/convTranspose2d.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';
import { checkCounts } from '../layers/checkCounts.js';
import { NamedSequential } from '../layers/namedSequential.js';
import { ResidualSequence } from '../layers/residualSequence.js';

/** Its convolutions halve and double, and have no biases. */
const SCALING = { stride: 2, padding: 1, bias: false };
const KEEPING = { padding: 1, bias: false };

/**
 * The CycleGAN generator of Udacity's deep learning course: `[N, 3, H, W]` in [−1, 1] → `[N, 3, H, W]` in [−1, 1], sides
 * multiples of 8 (others are rounded down to one). Batch norms, zero padding.
 *
 * ```ts
 * const gXtoY = new CycleGenerator(4, 1).eval();
 * (await gXtoY.forward(Tensor.zeros([1, 3, 24, 32]))).shape; // [1, 3, 24, 32]
 * ```
 *
 * @see udacity/deep-learning-v2-pytorch, cycle-gan/CycleGAN_Exercise.ipynb, CycleGenerator
 */
export class CycleGenerator extends NamedSequential {
  /** @throws ShapeError unless counts are whole numbers, `nResBlocks` from 0 and `convDim` from 1 up. */
  constructor(convDim = 64, nResBlocks = 6) {
    checkCounts('CycleGenerator', { convDim }, 1);
    checkCounts('CycleGenerator', { nResBlocks });
    const [one, two, four] = [convDim, 2 * convDim, 4 * convDim];
    super({
      conv1: halvingUnit(3, one),
      relu1: new ReLU(),
      conv2: halvingUnit(one, two),
      relu2: new ReLU(),
      conv3: halvingUnit(two, four),
      relu3: new ReLU(),
      res_blocks: new Sequential(...Array.from({ length: nResBlocks }, () => residualBlock(four))),
      deconv1: doublingUnit(four, two),
      relu4: new ReLU(),
      deconv2: doublingUnit(two, one),
      relu5: new ReLU(),
      deconv3: new Sequential(new ConvTranspose2d(one, 3, 4, SCALING)),
      tanh: new Tanh(),
    });
  }
}

function halvingUnit(inChannels: number, outChannels: number): Sequential {
  const convolution = new Conv2d(inChannels, outChannels, 4, SCALING);
  return new Sequential(convolution, new BatchNorm2d(outChannels));
}

function doublingUnit(inChannels: number, outChannels: number): Sequential {
  const convolution = new ConvTranspose2d(inChannels, outChannels, 4, SCALING);
  return new Sequential(convolution, new BatchNorm2d(outChannels));
}

function residualBlock(channels: number): ResidualSequence {
  const unit = () =>
    new Sequential(new Conv2d(channels, channels, 3, KEEPING), new BatchNorm2d(channels));
  return new ResidualSequence({ conv_layer1: unit(), relu: new ReLU(), conv_layer2: unit() });
}
