import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d } from '../../nn/conv2d.js';
import { ConvTranspose2d } from '../../nn/convTranspose2d.js';
import { Dropout2d } from '../../nn/dropout2d.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import { LeakyReLU } from '../../nn/leakyRelu.js';
import { Module } from '../../nn/module.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';
import { requireSides } from '../layers/requireSides.js';
import { traceLevels } from '../layers/skipConnections.js';

/** Channels of each level on the way down, in filters. */
const DOWN = [1, 2, 4, 8, 8];
/** Channels of what each level on the way up gives, in filters, before its skip is concatenated. */
const UP = [8, 4, 2, 1];
const LEVELS = DOWN.length;
const HALVING = { stride: 2, padding: 1 };

/**
 * A CycleGAN generator that went round on Kaggle, a U-Net of five levels: `[N, 3, H, W]` → the same shape, sides multiples of 32.
 *
 * ```ts
 * const net = new CycleGANUnetGenerator(2).eval();
 * (await net.forward(Tensor.zeros([1, 3, 32, 64]))).shape; // [1, 3, 32, 64]
 * [...net.stateDict().keys()][0]; // 'downsamples.0.conv.weight'
 * ```
 *
 * @see cenarturkmen/watercolor-CycleGAN, generator.py, CycleGAN_Unet_Generator
 */
export class CycleGANUnetGenerator extends Module {
  readonly downsamples: Sequential;
  readonly upsamples: Sequential;
  readonly last: Sequential;

  /**
   * @param filter Channels of the first level; the following have 2, 4 and 8 times as many.
   * @throws ShapeError unless it is a whole number from 1 up.
   */
  constructor(filter = 64) {
    super();
    const downs = DOWN.map((times, i) => {
      const from = i === 0 ? 3 : DOWN[i - 1] * filter;
      return new Downsample(from, times * filter, i > 0);
    });
    const ups = UP.map((times, i) => {
      const from = i === 0 ? DOWN[LEVELS - 1] : 2 * UP[i - 1];
      return new UpsampleBlock(from * filter, times * filter, i === 0);
    });
    this.downsamples = this.registerModule('downsamples', new Sequential(...downs));
    this.upsamples = this.registerModule('upsamples', new Sequential(...ups));
    this.last = this.registerModule(
      'last',
      new Sequential(new ConvTranspose2d(2 * filter, 3, 4, HALVING), new Tanh()),
    );
  }

  /** @throws ShapeError unless sides are multiples of 32. */
  override trace(g: GraphBuilder, x: Value): Value {
    requireSides('CycleGANUnetGenerator', x, { multipleOf: 2 ** LEVELS });
    const downs = [...this.downsamples.namedChildren().values()];
    const ups = [...this.upsamples.namedChildren().values()];
    return g.call(this.last, traceLevels(g, x, downs, ups));
  }
}

/** Half the sides. */
class Downsample extends Module {
  readonly conv: Conv2d;
  /** The first level has one, too, and does not use it; it learns nothing. */
  readonly norm: InstanceNorm2d;
  readonly relu: LeakyReLU;
  readonly #normalized: boolean;

  constructor(inChannels: number, outChannels: number, normalized: boolean) {
    super();
    this.#normalized = normalized;
    this.conv = this.registerModule('conv', new Conv2d(inChannels, outChannels, 4, HALVING));
    this.norm = this.registerModule('norm', new InstanceNorm2d(outChannels));
    this.relu = this.registerModule('relu', new LeakyReLU(0.2, true));
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const y = g.call(this.conv, x);
    return g.call(this.relu, this.#normalized ? g.call(this.norm, y) : y);
  }
}

/** Twice the sides. */
class UpsampleBlock extends Module {
  readonly block: Sequential;
  readonly dropout: Dropout2d | null;

  constructor(inChannels: number, outChannels: number, dropout: boolean) {
    super();
    const conv = new ConvTranspose2d(inChannels, outChannels, 4, HALVING);
    const layers = new Sequential(conv, new InstanceNorm2d(outChannels), new ReLU(true));
    this.block = this.registerModule('block', layers);
    this.dropout = dropout ? this.registerModule('dropout_layer', new Dropout2d(0.5)) : null;
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const y = g.call(this.block, x);
    return this.dropout === null ? y : g.call(this.dropout, y);
  }
}
