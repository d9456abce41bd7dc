import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d } from '../../nn/conv2d.js';
import type { Module } from '../../nn/module.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';
import type { PaddingKind } from '../family.js';
import { checkCounts } from '../layers/checkCounts.js';
import { NamedSequential } from '../layers/namedSequential.js';
import { normLayer } from '../layers/normLayer.js';
import { ResNetBlock } from '../layers/resNetBlock.js';
import { doubling, halving } from '../layers/scalings.js';

export interface MrzhuResnetOptions {
  /** Default: `batch`. Convolutions before a batch norm have no biases. */
  readonly norm?: 'instance' | 'batch';
  /** Whether blocks hold a Dropout, which is the identity in eval mode. Default: false. */
  readonly useDropout?: boolean;
  /** Default: `reflect`. */
  readonly paddingType?: PaddingKind;
}

/**
 * mrzhu-cool's pix2pix generator, whose class is called ResnetGenerator: `[N, inputNc, H, W]` in [−1, 1] →
 * `[N, outputNc, 4·⌈H/4⌉, 4·⌈W/4⌉]` in [−1, 1]. Each residual sum goes through a ReLU.
 *
 * ```ts
 * const netG = new MrzhuResnetGenerator(3, 3, 4, 1).eval();
 * (await netG.forward(Tensor.zeros([1, 3, 22, 32]))).shape; // [1, 3, 24, 32]
 * ```
 *
 * @see mrzhu-cool/pix2pix-pytorch, networks.py, ResnetGenerator
 */
export class MrzhuResnetGenerator extends NamedSequential {
  /** @throws ShapeError unless counts are whole numbers, `nBlocks` from 0 and the others from 1 up. */
  constructor(
    inputNc: number,
    outputNc: number,
    ngf = 64,
    nBlocks = 9,
    { norm = 'batch', useDropout = false, paddingType = 'reflect' }: MrzhuResnetOptions = {},
  ) {
    checkCounts('MrzhuResnetGenerator', { inputNc, outputNc, ngf }, 1);
    checkCounts('MrzhuResnetGenerator', { nBlocks });
    const bias = norm === 'instance';
    const normAndReLU = (channels: number): Module[] => [
      normLayer(channels, { norm }),
      new ReLU(true),
    ];
    const down = (from: number, to: number) =>
      new NamedSequential({
        down: new Sequential(halving(from, to, { bias }), ...normAndReLU(to)),
      });
    const up = (from: number, to: number) =>
      new NamedSequential({
        up: new Sequential(doubling(from, to, { bias }), ...normAndReLU(to)),
      });
    const block = () =>
      new RectifiedBlock(4 * ngf, { norm, bias, dropout: useDropout, paddingType });
    super({
      inc: new NamedSequential({
        inconv: new Sequential(
          new ReflectionPad2d(3),
          new Conv2d(inputNc, ngf, 7, { bias }),
          ...normAndReLU(ngf),
        ),
      }),
      down1: down(ngf, 2 * ngf),
      down2: down(2 * ngf, 4 * ngf),
      resblocks: new Sequential(...Array.from({ length: nBlocks }, block)),
      up1: up(4 * ngf, 2 * ngf),
      up2: up(2 * ngf, ngf),
      outc: new NamedSequential({
        outconv: new Sequential(new ReflectionPad2d(3), new Conv2d(ngf, outputNc, 7), new Tanh()),
      }),
    });
  }
}

/** `relu(x + f(x))`. */
class RectifiedBlock extends ResNetBlock {
  readonly relu = this.registerModule('relu', new ReLU(true));

  override trace(g: GraphBuilder, x: Value): Value {
    return g.call(this.relu, super.trace(g, x));
  }
}
