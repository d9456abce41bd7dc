import { ShapeError } from '../../errors.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';
import { checkCounts } from '../layers/checkCounts.js';
import { NamedSequential } from '../layers/namedSequential.js';
import { discoGANLayers } from './discoGANLayers.js';

/**
 * carpedm20's DiscoGAN generator: `[N, inputChannel, H, W]` in [−1, 1] → `[N, outputChannel, H, W]` in [−1, 1], sides
 * multiples of 2 to the power of the layers on the way in (others are rounded down to one). Batch norms, zero padding.
 *
 * ```ts
 * const gAB = new GeneratorCNN(3, 3, [4, 8], [4]).eval();
 * (await gAB.forward(Tensor.zeros([1, 3, 24, 32]))).shape; // [1, 3, 24, 32]
 * ```
 *
 * @see Kim et al., arXiv:1703.05192; carpedm20/DiscoGAN-pytorch, models.py, GeneratorCNN
 */
export class GeneratorCNN extends NamedSequential {
  /**
   * @param convDims Channels behind each halving; 64, 128, 256, 512 in the repository's script.
   * @param deconvDims Channels behind each doubling but the last; 256, 128, 64.
   * @throws ShapeError unless all are whole numbers from 1 up, and `convDims` has one or more.
   */
  constructor(
    inputChannel: number,
    outputChannel: number,
    convDims: readonly number[],
    deconvDims: readonly number[],
  ) {
    if (convDims.length === 0) {
      throw new ShapeError('GeneratorCNN: convDims must have one number or more.');
    }
    checkCounts(
      'GeneratorCNN',
      {
        inputChannel,
        outputChannel,
        ...numbered('convDims', convDims),
        ...numbered('deconvDims', deconvDims),
      },
      1,
    );
    const layers = discoGANLayers({
      inChannels: inputChannel,
      outChannels: outputChannel,
      down: convDims,
      latent: null,
      up: deconvDims,
      last: new Tanh(),
    });
    super({ layer_module: new Sequential(...layers) });
  }
}

function numbered(name: string, values: readonly number[]): Record<string, number> {
  return Object.fromEntries(values.map((value, i) => [`${name}[${i}]`, value]));
}
