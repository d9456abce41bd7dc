import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d } from '../../nn/conv2d.js';
import { Module } from '../../nn/module.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';
import { checkCounts } from '../layers/checkCounts.js';
import {
  ConvBlock,
  DownConv,
  InvertedResBlock,
  type Padding,
  SeparableConv2D,
  UpConv,
} from './layers.js';

export interface GeneratorV1Options {
  /** Channels behind the first convolution. Default: 64, as the class has it. */
  readonly width?: number;
  /** Residual blocks. Default: 8, as the class has it. */
  readonly nBlocks?: number;
  /** Default: `reflect`, as the class has it today. Weights of release 1.0 are of a class with zeros. */
  readonly padding?: Padding;
}

/**
 * The AnimeGAN generator of pytorch-animeGAN: `[N, 3, H, W]` in [−1, 1] → `[N, 3, H, W]` in [−1, 1], sides multiples of four.
 *
 * ```ts
 * const G = new GeneratorV1({ width: 4, nBlocks: 1 }).eval();
 * (await G.forward(Tensor.zeros([1, 3, 12, 16]))).shape; // [1, 3, 12, 16]
 * ```
 *
 * @see Chen, Liu, Chen, "AnimeGAN"; ptran1203/pytorch-animeGAN, models/anime_gan.py, GeneratorV1
 */
export class GeneratorV1 extends Module {
  readonly #parts: readonly Module[];

  /** @throws ShapeError unless the width is a whole number from 1 up, and blocks from 0 up. */
  constructor({ width = 64, nBlocks = 8, padding = 'reflect' }: GeneratorV1Options = {}) {
    super();
    checkCounts('GeneratorV1', { nBlocks });
    const [w, w2, w4] = [width, 2 * width, 4 * width];
    const conv = (from: number, to: number) => new ConvBlock(from, to, { padding });
    const add = (name: string, ...layers: Module[]) =>
      this.registerModule(name, new Sequential(...layers));
    const blocks = Array.from({ length: nBlocks }, () => new InvertedResBlock(w4, padding));
    this.#parts = [
      add(
        'encode_blocks',
        ...[conv(3, w), conv(w, w2), new DownConv(w2), conv(w2, w2), new SeparableConv2D(w2, w4)],
        ...[new DownConv(w4), conv(w4, w4)],
      ),
      add('res_blocks', ...blocks),
      add(
        'decode_blocks',
        ...[conv(w4, w2), new UpConv(w2), new SeparableConv2D(w2, w2), conv(w2, w2)],
        ...[new UpConv(w2), conv(w2, w), conv(w, w), new Conv2d(w, 3, 1, { bias: false })],
        new Tanh(),
      ),
    ];
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return this.#parts.reduce((value, part) => g.call(part, value), x);
  }
}
