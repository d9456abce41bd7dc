import type { GraphBuilder, Value } from '../graph/builder.js';
import { type AvgPool2dOptions, avgPool2dOperator, resolveAvgPool2d } from '../tensor/avgPool2d.js';
import type { Pair } from '../tensor/shape.js';
import { Module } from './module.js';
import { pairOrNumber } from './repr.js';

/**
 * The mean of each window.
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(1, 2, 3, 6), [1, 1, 2, 2]);
 * (await new AvgPool2d(2).forward(x)).data; // [3]
 * ```
 *
 * @see torch.nn.AvgPool2d
 */
export class AvgPool2d extends Module {
  readonly kernelSize: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly ceilMode: boolean;
  readonly countIncludePad: boolean;

  /** @throws ShapeError for options that do not go together. */
  constructor(kernelSize: Pair, options: AvgPool2dOptions = {}) {
    super();
    resolveAvgPool2d(kernelSize, options);
    const { stride = kernelSize, padding = 0, ceilMode = false, countIncludePad = true } = options;
    this.kernelSize = kernelSize;
    this.stride = stride;
    this.padding = padding;
    this.ceilMode = ceilMode;
    this.countIncludePad = countIncludePad;
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.apply(avgPool2dOperator, [x], resolveAvgPool2d(this.kernelSize, this));
  }

  protected override extraRepr(): string {
    const { kernelSize, stride, padding } = this;
    const sides = Object.entries({ kernel_size: kernelSize, stride, padding });
    return sides.map(([name, value]) => `${name}=${pairOrNumber(value)}`).join(', ');
  }
}
