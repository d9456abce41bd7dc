import type { GraphBuilder, Value } from '../../graph/builder.js';
import { BatchNorm2d } from '../../nn/batchNorm2d.js';
import { Conv2d } from '../../nn/conv2d.js';
import { ConvTranspose2d } from '../../nn/convTranspose2d.js';
import { Module } from '../../nn/module.js';
import { leakyReluOperator } from '../../tensor/leakyRelu.js';
import { reluOperator } from '../../tensor/relu.js';
import { tanhOperator } from '../../tensor/tanh.js';
import { requireSides } from '../layers/requireSides.js';
import { concatenate } from '../layers/skipConnections.js';

/** Channels of each level on the way down, in d. */
const DOWN = [1, 2, 4, 8, 8, 8, 8, 8];
/** Channels of what each level on the way up gives, in d, before its skip is concatenated; a picture is the last. */
const UP = [8, 8, 8, 8, 4, 2, 1];
const LEVELS = DOWN.length;
const HALVING = { stride: 2, padding: 1 };

/** A convolution and the batch norm that follows, if there is one. */
interface Level {
  readonly conv: Module;
  readonly norm: Module | null;
}

/**
 * znxlwm's pix2pix generator, a U-Net of eight levels: `[N, 3, H, W]` → the same shape, sides multiples of 256. The repository
 * drops values at random when it makes pictures, too; here nothing is dropped.
 *
 * ```ts
 * const net = new ZnxlwmPix2PixGenerator(1).eval();
 * (await net.forward(Tensor.zeros([1, 3, 256, 256]))).shape; // [1, 3, 256, 256]
 * [...net.stateDict().keys()][4]; // 'conv2_bn.weight'
 * ```
 *
 * @see Isola et al., arXiv:1611.07004; znxlwm/pytorch-pix2pix, network.py, generator
 */
export class ZnxlwmPix2PixGenerator extends Module {
  readonly #downs: readonly Level[];
  readonly #ups: readonly Level[];

  /**
   * @param d Channels of the first level; the following have 2, 4 and 8 times as many.
   * @throws ShapeError unless it is a whole number from 1 up.
   */
  constructor(d = 64) {
    super();
    this.#downs = DOWN.map((times, i) => {
      const conv = new Conv2d(i === 0 ? 3 : DOWN[i - 1] * d, times * d, 4, HALVING);
      return this.#level(`conv${i + 1}`, conv, i > 0 && i < LEVELS - 1);
    });
    this.#ups = [...UP, null].map((times, i) => {
      const from = (i === 0 ? DOWN[LEVELS - 1] : 2 * UP[i - 1]) * d;
      const conv = new ConvTranspose2d(from, times === null ? 3 : times * d, 4, HALVING);
      return this.#level(`deconv${i + 1}`, conv, times !== null);
    });
  }

  /** @throws ShapeError unless sides are multiples of 256. */
  override trace(g: GraphBuilder, x: Value): Value {
    requireSides('ZnxlwmPix2PixGenerator', x, { multipleOf: 2 ** LEVELS });
    const skips: Value[] = [];
    let y = x;
    for (const [index, level] of this.#downs.entries()) {
      if (index > 0) {
        skips.push(y);
        y = g.apply(leakyReluOperator, [y], { negativeSlope: 0.2 });
      }
      y = traceLevel(g, y, level);
    }
    for (const level of this.#ups) {
      y = traceLevel(g, g.apply(reluOperator, [y], {}), level);
      const skip = skips.pop();
      if (skip !== undefined) y = concatenate(g, y, skip);
    }
    return g.apply(tanhOperator, [y], {});
  }

  #level(name: string, conv: Conv2d | ConvTranspose2d, normalized: boolean): Level {
    this.registerModule(name, conv);
    const norm = normalized
      ? this.registerModule(`${name}_bn`, new BatchNorm2d(conv.outChannels))
      : null;
    return { conv, norm };
  }
}

function traceLevel(g: GraphBuilder, x: Value, { conv, norm }: Level): Value {
  const y = g.call(conv, x);
  return norm === null ? y : g.call(norm, y);
}
