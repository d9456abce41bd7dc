import { LeveledUNet, resizedEnd } from '../layers/leveledUNet.js';

export interface GeneratorFunieGANOptions {
  /** Of each level. Default: 32, 128, 256, 256, 256, the only ones of the repository. */
  readonly channels?: readonly [number, number, number, number, number];
}

/**
 * FUnIE-GAN's generator, which corrects underwater pictures: a U-Net of five levels with batch norm, `[N, inChannels, H, W]` →
 * `[N, outChannels, H, W]`, sides multiples of 32.
 *
 * ```ts
 * const net = new GeneratorFunieGAN(3, 3, { channels: [1, 2, 2, 2, 2] }).eval();
 * (await net.forward(Tensor.zeros([1, 3, 32, 64]))).shape; // [1, 3, 32, 64]
 * [...net.stateDict().keys()].at(-1); // 'final.2.bias'
 * ```
 *
 * @see Islam et al., arXiv:1903.09766; xahidbuffon/FUnIE-GAN, PyTorch/nets/funiegan.py, GeneratorFunieGAN
 */
export class GeneratorFunieGAN extends LeveledUNet {
  /** @throws ShapeError unless channels are whole numbers from 1 up. */
  constructor(
    inChannels = 3,
    outChannels = 3,
    { channels = [32, 128, 256, 256, 256] }: GeneratorFunieGANOptions = {},
  ) {
    const [width] = channels;
    super(inChannels, { channels, bias: false, norm: 'batch' }, resizedEnd(width, outChannels));
  }
}
