import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d } from '../../nn/conv2d.js';
import { ConvTranspose2d } from '../../nn/convTranspose2d.js';
import { Dropout } from '../../nn/dropout.js';
import { LeakyReLU } from '../../nn/leakyRelu.js';
import { Module } from '../../nn/module.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';
import { Upsample } from '../../nn/upsample.js';
import { ZeroPad2d } from '../../nn/zeroPad2d.js';
import { type NormKind, normLayer } from './normLayer.js';
import { requireSides } from './requireSides.js';
import { traceLevels } from './skipConnections.js';

/** What differs between the U-Nets of PyTorch-GAN, and those that were made of them. */
export interface LevelOptions {
  /** Of what each level on the way down gives; the way up gives the same. */
  readonly channels: readonly number[];
  /** Whether convolutions have biases; the last one always does. */
  readonly bias: boolean;
  /** Of all levels but the first and the last on the way down. */
  readonly norm: NormKind;
  /** Levels on the way down that end in a Dropout, counted from 1; it is the identity in eval mode. */
  readonly downDropout?: readonly number[];
  /** The same of the way up. */
  readonly upDropout?: readonly number[];
}

/** What these U-Nets share: `[N, C, H, W]` → `[N, C', H, W]`, sides multiples of 2^levels. */
export abstract class LeveledUNet extends Module {
  readonly #downs: readonly Module[];
  readonly #ups: readonly Module[];
  readonly #final: Module;

  protected constructor(inChannels: number, options: LevelOptions, final: Sequential) {
    super();
    const { channels, downDropout = [], upDropout = [] } = options;
    const levels = channels.length;
    this.#downs = numbers(levels).map((level) => {
      const from = level === 1 ? inChannels : channels[level - 2];
      const normalized = level > 1 && level < levels;
      const dropout = downDropout.includes(level);
      const down = unetDown(from, channels[level - 1], { ...options, normalized, dropout });
      return this.registerModule(`down${level}`, down);
    });
    this.#ups = numbers(levels - 1).map((up) => {
      const from = channels[levels - up] * (up === 1 ? 1 : 2);
      const dropout = upDropout.includes(up);
      const layers = unetUp(from, channels[levels - up - 1], { ...options, dropout });
      return this.registerModule(`up${up}`, layers);
    });
    this.#final = this.registerModule('final', final);
  }

  /** @throws ShapeError unless sides are multiples of 2^levels. */
  override trace(g: GraphBuilder, x: Value): Value {
    requireSides(this.constructor.name, x, { multipleOf: 2 ** this.#downs.length });
    return g.call(this.#final, traceLevels(g, x, this.#downs, this.#ups));
  }
}

/** Twice the sides, a row and a column of zeros above and to the left, and a convolution of four that takes them away. */
export function resizedEnd(width: number, outChannels: number): Sequential {
  return new Sequential(
    new Upsample({ scaleFactor: 2 }),
    new ZeroPad2d([1, 0, 1, 0]),
    new Conv2d(2 * width, outChannels, 4, { padding: 1 }),
    new Tanh(),
  );
}

export function transposedEnd(width: number, outChannels: number): Sequential {
  return new Sequential(
    new ConvTranspose2d(2 * width, outChannels, 4, { stride: 2, padding: 1 }),
    new Tanh(),
  );
}

interface LayerOptions {
  readonly bias: boolean;
  readonly norm: NormKind;
  readonly dropout: boolean;
}

/** A module whose layers are its `model`. */
class Layers extends Module {
  readonly model: Sequential;

  constructor(layers: readonly Module[]) {
    super();
    this.model = this.registerModule('model', new Sequential(...layers));
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.call(this.model, x);
  }
}

/** Half the sides. @see UNetDown */
function unetDown(
  inChannels: number,
  outChannels: number,
  { bias, norm, dropout, normalized }: LayerOptions & { readonly normalized: boolean },
): Module {
  return new Layers([
    new Conv2d(inChannels, outChannels, 4, { stride: 2, padding: 1, bias }),
    ...(normalized ? [normLayer(outChannels, { norm })] : []),
    new LeakyReLU(0.2),
    ...(dropout ? [new Dropout(0.5)] : []),
  ]);
}

/** Twice the sides. @see UNetUp */
function unetUp(
  inChannels: number,
  outChannels: number,
  { bias, norm, dropout }: LayerOptions,
): Module {
  return new Layers([
    new ConvTranspose2d(inChannels, outChannels, 4, { stride: 2, padding: 1, bias }),
    normLayer(outChannels, { norm }),
    new ReLU(true),
    ...(dropout ? [new Dropout(0.5)] : []),
  ]);
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
