import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Module } from '../../nn/module.js';
import { Upsample } from '../../nn/upsample.js';
import { Conv2dBlock, Model, resBlocks } from './unitLayers.js';

/** The `gen` of UNIT's configuration files. */
export interface VAEGenParams {
  /** Channels behind the first convolution. Default: 64. */
  readonly dim?: number;
  /** How often pictures are halved. Default: 2. */
  readonly nDownsample?: number;
  /** Residual blocks of the encoder, and as many of the decoder. Default: 4. */
  readonly nRes?: number;
}

/**
 * UNIT's autoencoder of one domain, without noise, as at test time: `[N, inputDim, H, W]` → `[N, inputDim, H, W]` in [−1, 1],
 * sides multiples of 2^nDownsample. The encoder of one domain and the decoder of another make a translation.
 *
 * ```ts
 * const gen = new VAEGen(3, { dim: 4, nRes: 1 }).eval();
 * (await gen.forward(Tensor.zeros([1, 3, 24, 32]))).shape; // [1, 3, 24, 32]
 * [...gen.stateDict().keys()][0]; // 'enc.model.0.conv.weight'
 * ```
 *
 * @see Liu et al., arXiv:1703.00848; mingyuliutw/UNIT, networks.py, VAEGen
 */
export class VAEGen extends Module {
  readonly enc: Module;
  readonly dec: Module;

  constructor(inputDim: number, { dim = 64, nDownsample = 2, nRes = 4 }: VAEGenParams = {}) {
    super();
    const halved = Array.from({ length: nDownsample }, (_, i) => dim * 2 ** i);
    const innermost = dim * 2 ** nDownsample;
    const encoding = { norm: 'instance', activation: 'relu' } as const;
    this.enc = this.registerModule(
      'enc',
      new Model([
        new Conv2dBlock(inputDim, dim, 7, { ...encoding, padding: 3 }),
        ...halved.map(
          (channels) =>
            new Conv2dBlock(channels, 2 * channels, 4, { ...encoding, stride: 2, padding: 1 }),
        ),
        resBlocks(nRes, innermost),
      ]),
    );
    const decoding = { norm: 'layer', activation: 'relu', padding: 2 } as const;
    this.dec = this.registerModule(
      'dec',
      new Model([
        resBlocks(nRes, innermost),
        ...halved
          .toReversed()
          .flatMap((channels) => [
            new Upsample({ scaleFactor: 2 }),
            new Conv2dBlock(2 * channels, channels, 5, decoding),
          ]),
        new Conv2dBlock(dim, inputDim, 7, { padding: 3, norm: 'none', activation: 'tanh' }),
      ]),
    );
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.call(this.dec, g.call(this.enc, x));
  }
}
