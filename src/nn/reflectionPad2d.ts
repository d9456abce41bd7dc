import type { GraphBuilder, Value } from '../graph/builder.js';
import {
  type PaddingSides,
  reflectionPad2dOperator,
  resolveReflectionPad2d,
} from '../tensor/reflectionPad2d.js';
import { Module } from './module.js';

/**
 * Pads by mirroring about the edge: `1234` becomes `32 1234 32`.
 *
 * ```ts
 * (await new ReflectionPad2d(3).forward(Tensor.zeros([1, 3, 8, 8]))).shape; // [1, 3, 14, 14]
 * ```
 *
 * @see torch.nn.ReflectionPad2d
 */
export class ReflectionPad2d extends Module {
  /** `[left, right, top, bottom]`. */
  readonly padding: readonly [number, number, number, number];

  constructor(padding: PaddingSides) {
    super();
    this.padding = resolveReflectionPad2d(padding).padding;
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.apply(reflectionPad2dOperator, [x], { padding: this.padding });
  }

  protected override extraRepr(): string {
    return `(${this.padding.join(', ')})`;
  }
}
