import type { GraphBuilder, Value } from '../../src/graph/builder.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { Module } from '../../src/nn/module.js';
import { conv2d } from '../../src/tensor/conv2d.js';
import type { Tensor } from '../../src/tensor/tensor.js';

/** One convolution under two names, called three times, around a sum that is read twice. */
export class Twice extends Module {
  readonly conv: Conv2d;

  constructor(channels: number) {
    super();
    this.conv = new Conv2d(channels, channels, 3, { padding: 1 });
    this.registerModule('first', this.conv);
    this.registerModule('second', this.conv);
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const sum = g.add(g.call(this.conv, g.call(this.conv, x)), x);
    return g.add(g.call(this.conv, sum), sum);
  }
}

/** The same, operator by operator. */
export function twice({ conv }: Twice, x: Tensor): Tensor {
  const { weight, bias } = conv;
  const apply = (value: Tensor) =>
    conv2d(value, weight.tensor, bias?.tensor ?? null, { padding: 1 });
  const sum = apply(apply(x)).add(x);
  return apply(sum).add(sum);
}
