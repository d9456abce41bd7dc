import type { GraphBuilder, Value } from '../graph/builder.js';
import { mulOperator } from '../tensor/mul.js';
import { imageShape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { Dropout } from './dropout.js';

/**
 * As `Dropout`, but of whole channels: all pixels of one are dropped, or none.
 *
 * ```ts
 * const dropout = new Dropout2d(0.5).eval();
 * (await dropout.forward(Tensor.full([1, 1, 1, 2], 3))).data; // [3, 3]
 * ```
 *
 * @see torch.nn.Dropout2d
 */
export class Dropout2d extends Dropout {
  protected override drop(g: GraphBuilder, x: Value, seed: Value): Value {
    const { channels, with: resized } = imageShape(x.shape, 'Dropout2d');
    const channel = g.constant(Tensor.full(resized(channels, 1, 1), 1));
    return g.apply(mulOperator, [x, super.drop(g, channel, seed)], {});
  }
}
