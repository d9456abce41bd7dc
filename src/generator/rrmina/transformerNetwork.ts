import { Conv2d } from '../../nn/conv2d.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { checkCounts } from '../layers/checkCounts.js';
import { NamedSequential } from '../layers/namedSequential.js';
import { ResidualSequence } from '../layers/residualSequence.js';
import { doubling } from '../layers/scalings.js';

/**
 * rrmina's style network: `[N, 3, H, W]` in [0, 255], blue first → `[N, 3, 4·⌈H/4⌉, 4·⌈W/4⌉]` in about [0, 255]: there is no
 * last activation.
 *
 * ```ts
 * const mosaic = new TransformerNetwork(4, 1).eval();
 * (await mosaic.forward(Tensor.zeros([1, 3, 22, 32]))).shape; // [1, 3, 24, 32]
 * ```
 *
 * @see Johnson et al., arXiv:1603.08155; rrmina/fast-neural-style-pytorch, transformer.py, TransformerNetwork
 */
export class TransformerNetwork extends NamedSequential {
  /**
   * @param width Channels behind the first convolution, 32 in the repository's class.
   * @param nBlocks Five in the repository's class.
   * @throws ShapeError unless counts are whole numbers, `nBlocks` from 0 and `width` from 1 up.
   */
  constructor(width = 32, nBlocks = 5) {
    checkCounts('TransformerNetwork', { width }, 1);
    checkCounts('TransformerNetwork', { nBlocks });
    const [one, two, four] = [width, 2 * width, 4 * width];
    super({
      ConvBlock: new Sequential(
        convLayer(3, one, 9),
        new ReLU(),
        convLayer(one, two, 3, 2),
        new ReLU(),
        convLayer(two, four, 3, 2),
        new ReLU(),
      ),
      ResidualBlock: new Sequential(...Array.from({ length: nBlocks }, () => residualLayer(four))),
      DeconvBlock: new Sequential(
        deconvLayer(four, two),
        new ReLU(),
        deconvLayer(two, one),
        new ReLU(),
        new NamedSequential({
          reflection_pad: new ReflectionPad2d(4),
          conv_layer: new Conv2d(one, 3, 9),
        }),
      ),
    });
  }
}

function convLayer(
  inChannels: number,
  outChannels: number,
  kernelSize: number,
  stride = 1,
): NamedSequential {
  return new NamedSequential({
    reflection_pad: new ReflectionPad2d((kernelSize - 1) / 2),
    conv_layer: new Conv2d(inChannels, outChannels, kernelSize, { stride }),
    norm_layer: new InstanceNorm2d(outChannels, { affine: true }),
  });
}

function deconvLayer(inChannels: number, outChannels: number): NamedSequential {
  return new NamedSequential({
    conv_transpose: doubling(inChannels, outChannels),
    norm_layer: new InstanceNorm2d(outChannels, { affine: true }),
  });
}

function residualLayer(channels: number): ResidualSequence {
  return new ResidualSequence({
    conv1: convLayer(channels, channels, 3),
    relu: new ReLU(),
    conv2: convLayer(channels, channels, 3),
  });
}
