import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Module } from '../../nn/module.js';
import { Parameter } from '../../nn/parameter.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReplicationPad2d } from '../../nn/replicationPad2d.js';
import { conv2dOperator, resolveConv2d } from '../../tensor/conv2d.js';
import { convTranspose2dOperator, resolveConvTranspose2d } from '../../tensor/convTranspose2d.js';
import { padOperator, resolvePad } from '../../tensor/pad.js';

/**
 * Halves pictures behind a binomial filter of 3×3, channel by channel: `[N, C, H, W]` → `[N, C, ⌈H/2⌉, ⌈W/2⌉]`. The filter is a
 * buffer, which files hold.
 *
 * @see Zhang, "Making Convolutional Networks Shift-Invariant Again", arXiv:1904.11486
 */
export class Downsample extends Module {
  readonly #pad: Module;
  readonly #filt: Parameter;
  readonly #groups: number;

  constructor(channels: number) {
    super();
    this.#groups = channels;
    this.#filt = this.registerBuffer('filt', binomial(channels, [1, 2, 1], 1));
    this.#pad = this.registerModule('pad', new ReflectionPad2d(1));
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const attributes = resolveConv2d({ stride: 2, groups: this.#groups });
    const operands = [g.call(this.#pad, x), g.parameter(this.#filt), null] as const;
    return g.apply(conv2dOperator, operands, attributes);
  }
}

/**
 * Doubles pictures by a binomial filter of 4×4, channel by channel: `[N, C, H, W]` → `[N, C, 2·H, 2·W]`. What the repeated
 * edge became is cut off.
 */
export class BlurUpsample extends Module {
  readonly #pad: Module;
  readonly #filt: Parameter;
  readonly #groups: number;

  constructor(channels: number) {
    super();
    this.#groups = channels;
    this.#filt = this.registerBuffer('filt', binomial(channels, [1, 3, 3, 1], 4));
    this.#pad = this.registerModule('pad', new ReplicationPad2d(1));
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const attributes = resolveConvTranspose2d({ stride: 2, padding: 2, groups: this.#groups });
    const operands = [g.call(this.#pad, x), g.parameter(this.#filt), null] as const;
    const enlarged = g.apply(convTranspose2dOperator, operands, attributes);
    return g.apply(padOperator, [enlarged], resolvePad(-1));
  }
}

/** Products of a row's numbers with themselves, of a given sum, once for each channel: `[channels, 1, size, size]`. */
function binomial(channels: number, row: readonly number[], sum: number): Parameter {
  const products = row.flatMap((a) => row.map((b) => a * b));
  const total = products.reduce((a, b) => a + b);
  return new Parameter([channels, 1, row.length, row.length], (size) =>
    Float32Array.from({ length: size }, (_, i) => (products[i % products.length] / total) * sum),
  );
}
