import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d } from '../../nn/conv2d.js';
import { Module } from '../../nn/module.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';
import { resolveUpsample, upsampleOperator } from '../../tensor/upsample.js';
import { checkCounts } from '../layers/checkCounts.js';
import { ConvBlock, layerNormBlock } from './layers.js';

export interface GeneratorV2Options {
  /** Channels behind the first convolution. Default: 32, as the class has it. */
  readonly width?: number;
  /** Inverted residual blocks. Default: 4, as the class has it. */
  readonly nBlocks?: number;
}

const TWICE = resolveUpsample({ scaleFactor: 2, mode: 'bilinear', alignCorners: false });

/**
 * The AnimeGANv2 generator of pytorch-animeGAN: `[N, 3, H, W]` in [−1, 1] → `[N, 3, H, W]` in [−1, 1], sides multiples of four.
 *
 * ```ts
 * const G = new GeneratorV2({ width: 2, nBlocks: 1 }).eval();
 * (await G.forward(Tensor.zeros([1, 3, 12, 16]))).shape; // [1, 3, 12, 16]
 * ```
 *
 * @see Chen, Liu, Chen, "AnimeGANv2"; ptran1203/pytorch-animeGAN, models/anime_gan_v2.py, GeneratorV2
 */
export class GeneratorV2 extends Module {
  /** At full size and halved, and then at each size again on the way out. */
  readonly #down: readonly Module[];
  readonly #up: readonly Module[];
  readonly #decode: Module;

  /** @throws ShapeError unless the width is a whole number from 1 up, and blocks from 0 up. */
  constructor({ width = 32, nBlocks = 4 }: GeneratorV2Options = {}) {
    super();
    checkCounts('GeneratorV2', { nBlocks });
    const [w, w2, w4, w8] = [width, 2 * width, 4 * width, 8 * width];
    const conv = (from: number, to: number, kernelSize = 3, stride: 1 | 2 = 1) =>
      new ConvBlock(from, to, { kernelSize, stride, padding: 'reflect', norm: 'layer' });
    const add = (name: string, ...layers: Module[]) =>
      this.registerModule(name, new Sequential(...layers));
    const blocks = Array.from({ length: nBlocks }, (_, i) => layerNormBlock(i === 0 ? w4 : w8, w8));
    const widest = nBlocks === 0 ? w4 : w8;
    this.#down = [
      add('conv_block1', conv(3, w, 7), conv(w, w2, 3, 2), conv(w2, w2)),
      add('conv_block2', conv(w2, w4, 3, 2), conv(w4, w4)),
      add('res_blocks', conv(w4, w4), ...blocks, conv(widest, w4)),
    ];
    this.#up = [
      add('conv_block3', conv(w4, w4), conv(w4, w4)),
      add('conv_block4', conv(w4, w2), conv(w2, w2), conv(w2, w, 7)),
    ];
    this.#decode = add('decode_blocks', new Conv2d(w, 3, 1), new Tanh());
  }

  override trace(g: GraphBuilder, x: Value): Value {
    let y = this.#down.reduce((value, part) => g.call(part, value), x);
    for (const part of this.#up) y = g.call(part, g.apply(upsampleOperator, [y], TWICE));
    return g.call(this.#decode, y);
  }
}
