import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d } from '../../nn/conv2d.js';
import { ConvTranspose2d } from '../../nn/convTranspose2d.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import { Module } from '../../nn/module.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { narrowOperator } from '../../tensor/narrow.js';
import type { SizeRule } from '../family.js';

/** Pictures are halved twice, and blended with what is made of that. */
export const ATTENTION_SIZES: SizeRule = { multipleOf: 4, roundsUpTo: 1 };

/** Some channels of `[N, C, H, W]`: `[N, count, H, W]`. */
export function channelsOf(g: GraphBuilder, x: Value, start: number, count: number): Value {
  return g.apply(narrowOperator, [x], { dim: 1, start, length: count });
}

/** A 3×3 convolution to half the size and twice the channels: `[N, C, H, W]` → `[N, 2·C, ⌈H/2⌉, ⌈W/2⌉]`. */
export function halving(channels: number): Conv2d {
  return new Conv2d(channels, 2 * channels, 3, { stride: 2, padding: 1 });
}

/** A transposed 3×3 convolution to twice the size and half the channels: `[N, C, H, W]` → `[N, C/2, 2·H, 2·W]`. */
export function doubling(channels: number): ConvTranspose2d {
  const sides = { stride: 2, padding: 1, outputPadding: 1 };
  return new ConvTranspose2d(channels, channels / 2, 3, sides);
}

/** Two convolutions with mirrored borders and norms, and the input: `[N, channels, H, W]` keeps its shape. */
export class MirroredBlock extends Module {
  readonly #layers: readonly Module[];

  constructor(channels: number) {
    super();
    const pad = this.registerModule('pad', new ReflectionPad2d(1));
    const normed = (name: string) => [
      pad,
      this.registerModule(name, new Conv2d(channels, channels, 3)),
      this.registerModule(`${name}_norm`, new InstanceNorm2d(channels)),
    ];
    const first = normed('conv1');
    this.#layers = [...first, this.registerModule('relu', new ReLU(true)), ...normed('conv2')];
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.add(
      x,
      this.#layers.reduce((value, layer) => g.call(layer, value), x),
    );
  }
}
