import type { GraphBuilder, Value } from '../graph/builder.js';
import { Conv2d } from '../nn/conv2d.js';
import { LeakyReLU } from '../nn/leakyRelu.js';
import { Module } from '../nn/module.js';
import { Sequential } from '../nn/sequential.js';
import { type DiscriminatorOptions, normLayer } from './norm.js';

/**
 * The CycleGAN authors' 1×1 PatchGAN discriminator: how real each pixel is, `[N, inputNc, H, W]` → `[N, 1, H, W]`, of any range.
 *
 * ```ts
 * const netD = new PixelDiscriminator(3, 4).eval();
 * (await netD.forward(Tensor.zeros([1, 3, 8, 6]))).shape; // [1, 1, 8, 6]
 * [...netD.stateDict().keys()].at(-1); // 'net.5.weight'
 * ```
 *
 * @see Isola et al., arXiv:1611.07004; junyanz/pytorch-CycleGAN-and-pix2pix, models/networks.py, PixelDiscriminator
 */
export class PixelDiscriminator extends Module {
  readonly net: Sequential;

  /**
   * @param inputNc Channels of a picture; for pix2pix, of input and output together.
   * @param ndf Channels of the first layer; the second has twice as many.
   * @throws ShapeError unless channels are whole numbers from 1 up.
   */
  constructor(inputNc: number, ndf = 64, { norm = 'batch' }: DiscriminatorOptions = {}) {
    super();
    const bias = norm === 'instance';
    this.net = this.registerModule(
      'net',
      new Sequential(
        new Conv2d(inputNc, ndf, 1),
        new LeakyReLU(0.2, true),
        new Conv2d(ndf, 2 * ndf, 1, { bias }),
        normLayer(2 * ndf, norm),
        new LeakyReLU(0.2, true),
        new Conv2d(2 * ndf, 1, 1, { bias }),
      ),
    );
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.call(this.net, x);
  }
}
