import type { GraphBuilder, Value } from '../../graph/builder.js';
import { BatchNorm2d } from '../../nn/batchNorm2d.js';
import { Conv2d } from '../../nn/conv2d.js';
import { ConvTranspose2d } from '../../nn/convTranspose2d.js';
import { Dropout } from '../../nn/dropout.js';
import { LeakyReLU } from '../../nn/leakyRelu.js';
import { Module } from '../../nn/module.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';
import { requireSides } from '../layers/requireSides.js';
import { traceLevels } from '../layers/skipConnections.js';

/** Channels of each level on the way down, in features; `down1` begins with the second. */
const DOWN = [1, 2, 4, 8, 8, 8, 8];
/** Channels of what each level on the way up gives, in features, before its skip is concatenated. */
const UP = [8, 8, 8, 8, 4, 2, 1];
const LEVELS = DOWN.length + 1;
/** The first levels on the way up end in a Dropout. */
const DROPPED = 3;
const HALVING = { stride: 2, padding: 1 };

/**
 * The pix2pix generator of aladdinpersson's course, a U-Net of eight levels: `[N, inChannels, H, W]` → the same shape, sides
 * multiples of 256. Strided convolutions pad by reflection, but for the innermost.
 *
 * ```ts
 * const gen = new AladdinperssonPix2PixGenerator(3, 1).eval();
 * (await gen.forward(Tensor.zeros([1, 3, 256, 256]))).shape; // [1, 3, 256, 256]
 * [...gen.stateDict().keys()][2]; // 'down1.conv.0.weight'
 * ```
 *
 * @see Isola et al., arXiv:1611.07004; aladdinpersson/Machine-Learning-Collection, GANs/Pix2Pix/generator_model.py, Generator
 */
export class AladdinperssonPix2PixGenerator extends Module {
  readonly #downs: readonly Module[];
  readonly #ups: readonly Module[];
  readonly #final: Module;

  /**
   * @param features Channels of the first level; the following have 2, 4 and 8 times as many.
   * @throws ShapeError unless both are whole numbers from 1 up.
   */
  constructor(inChannels = 3, features = 64) {
    super();
    const initial = new Sequential(
      new Conv2d(inChannels, features, 4, { ...HALVING, paddingMode: 'reflect' }),
      new LeakyReLU(0.2),
    );
    const downs: Module[] = [this.registerModule('initial_down', initial)];
    for (let i = 1; i < DOWN.length; i++) {
      const conv = new Conv2d(DOWN[i - 1] * features, DOWN[i] * features, 4, {
        ...HALVING,
        bias: false,
        paddingMode: 'reflect',
      });
      downs.push(this.registerModule(`down${i}`, new Block(conv, new LeakyReLU(0.2))));
    }
    const most = 8 * features;
    const bottleneck = new Sequential(new Conv2d(most, most, 4, HALVING), new ReLU());
    this.#downs = [...downs, this.registerModule('bottleneck', bottleneck)];
    this.#ups = UP.map((times, i) => {
      const from = i === 0 ? 8 : 2 * UP[i - 1];
      const sides = { ...HALVING, bias: false };
      const conv = new ConvTranspose2d(from * features, times * features, 4, sides);
      return this.registerModule(`up${i + 1}`, new Block(conv, new ReLU(), i < DROPPED));
    });
    this.#final = this.registerModule(
      'final_up',
      new Sequential(new ConvTranspose2d(2 * features, inChannels, 4, HALVING), new Tanh()),
    );
  }

  /** @throws ShapeError unless sides are multiples of 256. */
  override trace(g: GraphBuilder, x: Value): Value {
    requireSides('AladdinperssonPix2PixGenerator', x, { multipleOf: 2 ** LEVELS });
    return g.call(this.#final, traceLevels(g, x, this.#downs, this.#ups));
  }
}

/** Convolution, batch norm, activation, and a Dropout where one is wanted. */
class Block extends Module {
  readonly conv: Sequential;
  readonly dropout: Dropout | null;

  constructor(conv: Conv2d | ConvTranspose2d, activation: Module, dropout = false) {
    super();
    const layers = new Sequential(conv, new BatchNorm2d(conv.outChannels), activation);
    this.conv = this.registerModule('conv', layers);
    this.dropout = dropout ? this.registerModule('dropout', new Dropout(0.5)) : null;
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const y = g.call(this.conv, x);
    return this.dropout === null ? y : g.call(this.dropout, y);
  }
}
