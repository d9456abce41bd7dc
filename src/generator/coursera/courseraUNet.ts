import type { GraphBuilder, Value } from '../../graph/builder.js';
import { BatchNorm2d } from '../../nn/batchNorm2d.js';
import { Conv2d } from '../../nn/conv2d.js';
import { Dropout } from '../../nn/dropout.js';
import { LeakyReLU } from '../../nn/leakyRelu.js';
import { MaxPool2d } from '../../nn/maxPool2d.js';
import { Module } from '../../nn/module.js';
import { ReLU } from '../../nn/relu.js';
import { Sigmoid } from '../../nn/sigmoid.js';
import { Upsample } from '../../nn/upsample.js';
import { padOperator } from '../../tensor/pad.js';
import { concatenate } from '../layers/skipConnections.js';

/** How often pictures are halved. */
const LEVELS = 6;
/** The first levels on the way down have a Dropout. */
const DROPPED = 3;

/**
 * The pix2pix generator of Coursera's GANs Specialization, a U-Net of six levels: `[N, inputChannels, H, W]` of 0 to 1 →
 * `[N, outputChannels, H, W]` of 0 to 1. Sides are multiples of 64; others, of 64 and up, come out rounded down to one.
 *
 * ```ts
 * const gen = new CourseraUNet(3, 3, 1).eval();
 * (await gen.forward(Tensor.zeros([1, 3, 64, 128]))).shape; // [1, 3, 64, 128]
 * [...gen.stateDict().keys()][0]; // 'upfeature.conv.weight'
 * ```
 *
 * @see Isola et al., arXiv:1611.07004; GANs Specialization (Coursera), course 3, Pix2Pix, UNet
 */
export class CourseraUNet extends Module {
  readonly #upfeature: Module;
  readonly #contracts: readonly Module[];
  readonly #expands: readonly ExpandingBlock[];
  readonly #downfeature: Module;
  readonly #sigmoid: Module;

  /**
   * @param hiddenChannels Channels at full size; each level has twice as many as the one before.
   * @throws ShapeError unless channels are whole numbers from 1 up.
   */
  constructor(inputChannels: number, outputChannels: number, hiddenChannels = 32) {
    super();
    const levels = Array.from({ length: LEVELS }, (_, level) => level);
    const upfeature = new FeatureMapBlock(inputChannels, hiddenChannels);
    this.#upfeature = this.registerModule('upfeature', upfeature);
    this.#contracts = levels.map((level) => {
      const block = new ContractingBlock(hiddenChannels * 2 ** level, level < DROPPED);
      return this.registerModule(`contract${level + 1}`, block);
    });
    this.#expands = levels.map((level) => {
      const block = new ExpandingBlock(hiddenChannels * 2 ** (LEVELS - level));
      return this.registerModule(`expand${level}`, block);
    });
    const downfeature = new FeatureMapBlock(hiddenChannels, outputChannels);
    this.#downfeature = this.registerModule('downfeature', downfeature);
    this.#sigmoid = this.registerModule('sigmoid', new Sigmoid());
  }

  override trace(g: GraphBuilder, x: Value): Value {
    let y = g.call(this.#upfeature, x);
    const skips: Value[] = [];
    for (const contract of this.#contracts) {
      skips.push(y);
      y = g.call(contract, y);
    }
    for (const expand of this.#expands) {
      const enlarged = expand.enlarge(g, y);
      const skip = centreCrop(g, skips.pop() ?? x, enlarged);
      y = g.call(expand, concatenate(g, enlarged, skip));
    }
    return g.call(this.#sigmoid, g.call(this.#downfeature, y));
  }
}

/** Channels to others, pixel by pixel. */
class FeatureMapBlock extends Module {
  readonly conv: Conv2d;

  constructor(inputChannels: number, outputChannels: number) {
    super();
    this.conv = this.registerModule('conv', new Conv2d(inputChannels, outputChannels, 1));
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.call(this.conv, x);
  }
}

/** Half the sides, twice the channels. One batch norm serves both convolutions. */
class ContractingBlock extends Module {
  readonly #convolutions: readonly Module[];
  readonly #after: readonly Module[];
  readonly #maxpool: Module;

  constructor(inputChannels: number, dropout: boolean) {
    super();
    const channels = 2 * inputChannels;
    this.#convolutions = [
      this.registerModule('conv1', new Conv2d(inputChannels, channels, 3, { padding: 1 })),
      this.registerModule('conv2', new Conv2d(channels, channels, 3, { padding: 1 })),
    ];
    const activation = this.registerModule('activation', new LeakyReLU(0.2));
    this.#maxpool = this.registerModule('maxpool', new MaxPool2d(2, { stride: 2 }));
    const norm = this.registerModule('batchnorm', new BatchNorm2d(channels));
    const drop = dropout ? [this.registerModule('dropout', new Dropout())] : [];
    this.#after = [norm, ...drop, activation];
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.call(this.#maxpool, traceEach(g, x, this.#convolutions, this.#after));
  }
}

/** Twice the sides, half the channels, with what was of that size on the way down. One batch norm serves two convolutions. */
class ExpandingBlock extends Module {
  readonly #upsample: Module;
  readonly #narrowing: Module;
  readonly #convolutions: readonly Module[];
  readonly #after: readonly Module[];

  constructor(inputChannels: number) {
    super();
    const channels = inputChannels / 2;
    const twice = new Upsample({ scaleFactor: 2, mode: 'bilinear', alignCorners: true });
    this.#upsample = this.registerModule('upsample', twice);
    this.#narrowing = this.registerModule('conv1', new Conv2d(inputChannels, channels, 2));
    this.#convolutions = [
      this.registerModule('conv2', new Conv2d(inputChannels, channels, 3, { padding: 1 })),
      this.registerModule('conv3', new Conv2d(channels, channels, 2, { padding: 1 })),
    ];
    const norm = this.registerModule('batchnorm', new BatchNorm2d(channels));
    this.#after = [norm, this.registerModule('activation', new ReLU())];
  }

  /** `[N, C, H, W]` → `[N, C / 2, 2H − 1, 2W − 1]`: what comes before the concatenation. */
  enlarge(g: GraphBuilder, x: Value): Value {
    return g.call(this.#narrowing, g.call(this.#upsample, x));
  }

  /** What comes after it: `[N, C, 2H − 1, 2W − 1]` → `[N, C / 2, 2H, 2W]`. */
  override trace(g: GraphBuilder, x: Value): Value {
    return traceEach(g, x, this.#convolutions, this.#after);
  }
}

/** Each convolution, and after each the same modules. */
function traceEach(
  g: GraphBuilder,
  x: Value,
  convolutions: readonly Module[],
  after: readonly Module[],
): Value {
  let y = x;
  for (const convolution of convolutions) {
    for (const module of [convolution, ...after]) y = g.call(module, y);
  }
  return y;
}

/** The middle of a skip, as large as what it is concatenated with. */
function centreCrop(g: GraphBuilder, skip: Value, { shape }: Value): Value {
  const [above, below] = cutOff(skip.shape.at(-2) ?? 0, shape.at(-2) ?? 0);
  const [left, right] = cutOff(skip.shape.at(-1) ?? 0, shape.at(-1) ?? 0);
  return g.apply(padOperator, [skip], {
    mode: 'constant',
    padding: [-left, -right, -above, -below],
  });
}

/** How much goes off before and after. The notebook uses Python's `round`, to the even one of two that are as near. */
function cutOff(side: number, target: number): [before: number, after: number] {
  const before = Math.floor(side / 2) - roundHalfToEven(target / 2);
  return [before, side - target - before];
}

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}
