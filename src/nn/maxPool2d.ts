import type { GraphBuilder, Value } from '../graph/builder.js';
import { type MaxPool2dOptions, maxPool2dOperator, resolveMaxPool2d } from '../tensor/maxPool2d.js';
import type { Pair } from '../tensor/shape.js';
import { Module } from './module.js';
import { bool, pairOrNumber } from './repr.js';

/**
 * The largest element of each window.
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(1, 2, 3, 6), [1, 1, 2, 2]);
 * (await new MaxPool2d(2).forward(x)).data; // [6]
 * ```
 *
 * @see torch.nn.MaxPool2d
 */
export class MaxPool2d extends Module {
  readonly kernelSize: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
  readonly ceilMode: boolean;

  /** @throws ShapeError for options that do not go together. */
  constructor(kernelSize: Pair, options: MaxPool2dOptions = {}) {
    super();
    resolveMaxPool2d(kernelSize, options);
    const { stride = kernelSize, padding = 0, dilation = 1, ceilMode = false } = options;
    this.kernelSize = kernelSize;
    this.stride = stride;
    this.padding = padding;
    this.dilation = dilation;
    this.ceilMode = ceilMode;
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.apply(maxPool2dOperator, [x], resolveMaxPool2d(this.kernelSize, this));
  }

  protected override extraRepr(): string {
    const { kernelSize, stride, padding, dilation } = this;
    const sides = Object.entries({ kernel_size: kernelSize, stride, padding, dilation });
    const parts = sides.map(([name, value]) => `${name}=${pairOrNumber(value)}`);
    return [...parts, `ceil_mode=${bool(this.ceilMode)}`].join(', ');
  }
}
