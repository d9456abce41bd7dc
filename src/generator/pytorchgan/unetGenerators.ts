import {
  LeveledUNet,
  type LevelOptions,
  resizedEnd,
  transposedEnd,
} from '../layers/leveledUNet.js';

/** Channels of the first level in the repository; they cannot be chosen there. */
const DEFAULT_WIDTH = 64;

/** Twice as many at each level, and eight times as many at most. */
const channelsOf = (levels: number, width: number) =>
  Array.from({ length: levels }, (_, level) => width * Math.min(2 ** level, 8));

export interface UNetWidth {
  /** Channels of the first level; the following have 2, 4 and 8 times as many. Default: 64, the only one of the repository. */
  readonly width?: number;
}

/**
 * PyTorch-GAN's pix2pix generator, a U-Net of eight levels: `[N, inChannels, H, W]` → `[N, outChannels, H, W]`, sides multiples
 * of 256.
 *
 * ```ts
 * const net = new GeneratorUNet(3, 3, { width: 1 }).eval();
 * (await net.forward(Tensor.zeros([1, 3, 256, 256]))).shape; // [1, 3, 256, 256]
 * [...net.stateDict().keys()].at(-1); // 'final.2.bias'
 * ```
 *
 * @see Isola et al., arXiv:1611.07004; eriklindernoren/PyTorch-GAN, pix2pix/models.py, GeneratorUNet
 */
export class GeneratorUNet extends LeveledUNet {
  /** @throws ShapeError unless channels are whole numbers from 1 up. */
  constructor(inChannels = 3, outChannels = 3, { width = DEFAULT_WIDTH }: UNetWidth = {}) {
    const options: LevelOptions = {
      channels: channelsOf(8, width),
      bias: false,
      norm: 'instance',
      downDropout: [4, 5, 6, 7, 8],
      upDropout: [1, 2, 3, 4],
    };
    super(inChannels, options, resizedEnd(width, outChannels));
  }
}

/**
 * PyTorch-GAN's DiscoGAN generator, a U-Net of six levels: `[N, channels, H, W]` → the same shape, sides multiples of 64.
 *
 * ```ts
 * const net = new DiscoGANGeneratorUNet(3, { width: 2 }).eval();
 * (await net.forward(Tensor.zeros([1, 3, 64, 64]))).shape; // [1, 3, 64, 64]
 * ```
 *
 * @see Kim et al., arXiv:1703.05192; eriklindernoren/PyTorch-GAN, discogan/models.py, GeneratorUNet
 */
export class DiscoGANGeneratorUNet extends LeveledUNet {
  /**
   * @param channels Of input and output; PyTorch's class takes a whole shape and reads no more of it.
   * @throws ShapeError unless channels are whole numbers from 1 up.
   */
  constructor(channels = 3, { width = DEFAULT_WIDTH }: UNetWidth = {}) {
    const options: LevelOptions = {
      channels: channelsOf(6, width),
      bias: true,
      norm: 'instance',
      downDropout: [3, 4, 5, 6],
      upDropout: [1, 2, 3],
    };
    super(channels, options, resizedEnd(width, channels));
  }
}

/**
 * PyTorch-GAN's DualGAN generator, a U-Net of seven levels: `[N, channels, H, W]` → the same shape, sides multiples of 128.
 *
 * ```ts
 * const net = new DualGANGenerator(3, { width: 1 }).eval();
 * (await net.forward(Tensor.zeros([1, 3, 128, 128]))).shape; // [1, 3, 128, 128]
 * ```
 *
 * @see Yi et al., arXiv:1704.02510; eriklindernoren/PyTorch-GAN, dualgan/models.py, Generator
 */
export class DualGANGenerator extends LeveledUNet {
  /**
   * @param channels Of input and output.
   * @throws ShapeError unless channels are whole numbers from 1 up.
   */
  constructor(channels = 3, { width = DEFAULT_WIDTH }: UNetWidth = {}) {
    const options: LevelOptions = {
      channels: channelsOf(7, width),
      bias: false,
      norm: 'instanceAffine',
      downDropout: [4, 5, 6, 7],
      upDropout: [1, 2, 3],
    };
    super(channels, options, transposedEnd(width, channels));
  }
}
