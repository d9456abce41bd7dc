import type { GraphBuilder, Value } from '../../graph/builder.js';
import { AvgPool2d } from '../../nn/avgPool2d.js';
import { Conv2d } from '../../nn/conv2d.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import { Module } from '../../nn/module.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { Upsample } from '../../nn/upsample.js';
import { catOperator } from '../../tensor/cat.js';

/** Of the pictures that stand between hourglasses. */
const COLOURS = 3;
/** How often an hourglass halves its input. */
const HALVINGS = 4;

export interface HourGlassOptions {
  /** Whether layers are there that the class has and never uses; its files hold their weights, ONNX models do not. */
  readonly unusedLayers: boolean;
}

/** Three convolutions, each of the one before, side by side, and the input: `[N, dim, H, W]` keeps its shape. */
class ConvBlock extends Module {
  readonly #convolutions: readonly Module[];

  constructor(dim: number, { unusedLayers }: HourGlassOptions) {
    super();
    const normed = (channels: number) => [new InstanceNorm2d(channels), new ReLU(true)];
    const unit = (from: number, to: number) =>
      new Sequential(
        ...normed(from),
        new ReflectionPad2d(1),
        new Conv2d(from, to, 3, { bias: false }),
      );
    const [half, quarter] = [Math.floor(dim / 2), Math.floor(dim / 4)];
    this.#convolutions = [unit(dim, half), unit(half, quarter), unit(quarter, quarter)].map(
      (layers, i) => this.registerModule(`ConvBlock${i + 1}`, layers),
    );
    // For blocks that change the channels, and there are none.
    if (unusedLayers) {
      const unused = new Sequential(...normed(dim), new Conv2d(dim, dim, 1, { bias: false }));
      this.registerModule('ConvBlock4', unused);
    }
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const parts: Value[] = [];
    for (const layers of this.#convolutions) parts.push(g.call(layers, parts.at(-1) ?? x));
    return g.add(x, g.apply(catOperator, parts, { dim: 1 }));
  }
}

/** Halves its input four times and enlarges it again, with what was of each size added: `[N, dim, H, W]` keeps its shape. */
class HourGlassBlock extends Module {
  readonly #levels: readonly { readonly skip: Module; readonly down: Module }[];
  readonly #centre: Module;
  /** The smallest level first. */
  readonly #ups: readonly Module[];
  readonly #halve: Module;
  readonly #double: Module;

  constructor(dim: number, options: HourGlassOptions) {
    super();
    const add = (name: string) =>
      this.registerModule(`ConvBlock${name}`, new ConvBlock(dim, options));
    const indices = Array.from({ length: HALVINGS }, (_, i) => i);
    this.#levels = indices.map((i) => ({ skip: add(`${i + 1}_1`), down: add(`${i + 1}_2`) }));
    this.#centre = add(`${HALVINGS + 1}`);
    this.#ups = indices.map((i) => add(`${HALVINGS + 2 + i}`));
    this.#halve = this.registerModule('halve', new AvgPool2d(2));
    this.#double = this.registerModule('double', new Upsample({ scaleFactor: 2 }));
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const skips: Value[] = [];
    let y = x;
    for (const { skip, down } of this.#levels) {
      skips.push(g.call(skip, y));
      y = g.call(down, g.call(this.#halve, y));
    }
    y = g.call(this.#centre, y);
    for (const up of this.#ups) {
      y = g.add(skips.pop() as Value, g.call(this.#double, g.call(up, y)));
    }
    return y;
  }
}

/**
 * A picture that is painted on the way: `[N, dim, H, W]` → `[N, 3, H, W]`, sides multiples of 16. As a residual, that picture and what it
 * was painted of are added to the input, and shapes stay.
 *
 * @see minivision-ai/photo2cartoon, models/networks.py, HourGlass
 */
export class HourGlass extends Module {
  readonly #layers: Module;
  readonly #paint: Module;
  readonly #residual: { readonly features: Module; readonly picture: Module } | null;

  constructor(dim: number, isResidual: boolean, options: HourGlassOptions) {
    super();
    const layers = new Sequential(
      new HourGlassBlock(dim, options),
      new ConvBlock(dim, options),
      new Conv2d(dim, dim, 1, { bias: false }),
      new InstanceNorm2d(dim),
      new ReLU(true),
    );
    this.#layers = this.registerModule('HG', layers);
    this.#paint = this.registerModule('Conv1', new Conv2d(dim, COLOURS, 1));
    this.#residual = isResidual
      ? {
          features: this.registerModule('Conv2', new Conv2d(dim, dim, 1)),
          picture: this.registerModule('Conv3', new Conv2d(COLOURS, dim, 1)),
        }
      : null;
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const features = g.call(this.#layers, x);
    const picture = g.call(this.#paint, features);
    if (this.#residual === null) return picture;
    const sum = g.add(x, g.call(this.#residual.features, features));
    return g.add(sum, g.call(this.#residual.picture, picture));
  }
}
