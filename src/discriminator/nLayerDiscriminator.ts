import { ShapeError } from '../errors.js';
import type { GraphBuilder, Value } from '../graph/builder.js';
import { Conv2d } from '../nn/conv2d.js';
import { LeakyReLU } from '../nn/leakyRelu.js';
import { Module } from '../nn/module.js';
import { Sequential } from '../nn/sequential.js';
import { type DiscriminatorOptions, normLayer } from './norm.js';

/** Channels grow to so many times those of the first layer. */
const MAX_TIMES = 8;

/**
 * The CycleGAN authors' PatchGAN discriminator: how real each patch of a picture is, `[N, inputNc, H, W]` → `[N, 1, H', W']`
 * with H' = ⌊H / 2^nLayers⌋ − 2, of any range; 70×70 pixels are seen by each with three layers.
 *
 * ```ts
 * const netD = new NLayerDiscriminator(3, 4, 3, { norm: 'instance' }).eval();
 * (await netD.forward(Tensor.zeros([1, 3, 64, 48]))).shape; // [1, 1, 6, 4]
 * [...netD.stateDict().keys()].at(-1); // 'model.11.bias'
 * ```
 *
 * @see Isola et al., arXiv:1611.07004; junyanz/pytorch-CycleGAN-and-pix2pix, models/networks.py, NLayerDiscriminator
 */
export class NLayerDiscriminator extends Module {
  readonly model: Sequential;

  /**
   * @param inputNc Channels of a picture; for pix2pix, of input and output together.
   * @param ndf Channels of the first layer; the following have 2, 4 and 8 times as many.
   * @param nLayers How often pictures are halved.
   * @throws ShapeError unless `nLayers` is a whole number from 1 up, and channels from 1 up.
   */
  constructor(
    inputNc: number,
    ndf = 64,
    nLayers = 3,
    { norm = 'batch' }: DiscriminatorOptions = {},
  ) {
    super();
    if (!Number.isInteger(nLayers) || nLayers < 1) {
      throw new ShapeError(
        `NLayerDiscriminator: nLayers must be a whole number from 1 up, but got ${nLayers}.`,
      );
    }
    const channels = (layer: number) => ndf * Math.min(2 ** layer, MAX_TIMES);
    const layers: Module[] = [
      new Conv2d(inputNc, ndf, 4, { stride: 2, padding: 1 }),
      new LeakyReLU(0.2, true),
    ];
    for (let layer = 1; layer <= nLayers; layer++) {
      const stride = layer < nLayers ? 2 : 1;
      const sides = { stride, padding: 1, bias: norm === 'instance' };
      layers.push(
        new Conv2d(channels(layer - 1), channels(layer), 4, sides),
        normLayer(channels(layer), norm),
        new LeakyReLU(0.2, true),
      );
    }
    layers.push(new Conv2d(channels(nLayers), 1, 4, { padding: 1 }));
    this.model = this.registerModule('model', new Sequential(...layers));
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.call(this.model, x);
  }
}
