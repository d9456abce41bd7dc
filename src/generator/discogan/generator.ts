import { Sequential } from '../../nn/sequential.js';
import { Sigmoid } from '../../nn/sigmoid.js';
import { checkCounts } from '../layers/checkCounts.js';
import { NamedSequential } from '../layers/namedSequential.js';
import { discoGANLayers } from './discoGANLayers.js';

/**
 * The DiscoGAN authors' generator, whose class is called Generator: `[N, 3, H, W]` in [0, 1], blue first → `[N, 3, H, W]` in
 * [0, 1], sides multiples of 16 (others are rounded down to one); with extra layers 64 or more. Batch norms, zero padding.
 *
 * ```ts
 * const generatorB = new DiscoGANGenerator(false, 2).eval();
 * (await generatorB.forward(Tensor.zeros([1, 3, 32, 16]))).shape; // [1, 3, 32, 16]
 * ```
 *
 * @see Kim et al., arXiv:1703.05192; SKTBrain/DiscoGAN, discogan/model.py, Generator
 */
export class DiscoGANGenerator extends NamedSequential {
  /**
   * @param extraLayers Whether there is a layer that takes 4×4 together at the smallest size, and one that gives them back.
   * @param width Channels behind the first convolution, 64 in the authors' class.
   * @param latent Channels between the extra layers, 100 in the authors' class.
   * @throws ShapeError unless counts are whole numbers from 1 up.
   */
  constructor(extraLayers = false, width = 64, latent = 100) {
    checkCounts('DiscoGANGenerator', { width, latent }, 1);
    const layers = discoGANLayers({
      inChannels: 3,
      outChannels: 3,
      down: [width, 2 * width, 4 * width, 8 * width],
      latent: extraLayers ? latent : null,
      up: [4 * width, 2 * width, width],
      last: new Sigmoid(),
    });
    super({ main: new Sequential(...layers) });
  }
}
