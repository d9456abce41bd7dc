import { ShapeError } from '../errors.js';
import type { GraphBuilder, Value } from '../graph/builder.js';
import { batchNorm2dOperator } from '../tensor/batchNorm2d.js';
import { catOperator } from '../tensor/cat.js';
import { instanceNorm2dOperator } from '../tensor/instanceNorm2d.js';
import { narrowOperator } from '../tensor/narrow.js';
import { formatShape, imageShape } from '../tensor/shape.js';
import { Norm, type NormModuleOptions } from './norm.js';

/**
 * Normalises each channel by its running statistics. In training mode, in a graph that is traced for training
 * (`GraphBuilder.startTraining`), by the mean and the biased variance of the batch, which running ones then move towards.
 *
 * ```ts
 * const norm = new BatchNorm2d(8).eval();
 * [...norm.stateDict().keys()].slice(0, 3); // ['weight', 'bias', 'running_mean']
 * (await norm.forward(Tensor.zeros([1, 8, 4, 4]))).shape; // [1, 8, 4, 4]
 * ```
 *
 * @see torch.nn.BatchNorm2d
 */
export class BatchNorm2d extends Norm {
  constructor(numFeatures: number, options: NormModuleOptions = {}) {
    const { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true } = options;
    super(numFeatures, { eps, momentum, affine, trackRunningStats });
  }

  /**
   * @throws CycleganError `ERR_TRAINING` in training mode, unless the graph is traced for training; ShapeError in that for a
   * batch of one pixel per channel.
   */
  override trace(g: GraphBuilder, x: Value): Value {
    if (!this.isTrained(g)) {
      const operator = this.ownStatistics ? instanceNorm2dOperator : batchNorm2dOperator;
      return g.apply(operator, this.operands(g, x), { eps: this.eps });
    }
    // The batch, one below the other, is a picture whose channels have the batch's mean and variance.
    const { batch, height, width } = imageShape(x.shape, 'BatchNorm2d');
    if (batch * height * width === 1) {
      throw new ShapeError(
        `BatchNorm2d: expected more than 1 value per channel in training, but got an input of size ${formatShape(x.shape)}; a larger picture, or several of them, are needed.`,
      );
    }
    const column = along(g, x, batch, { split: 0, length: 1, join: -2 });
    this.gather(g, column, this.numBatchesTracked);
    const eps = this.eps;
    const normed = g.apply(instanceNorm2dOperator, this.ownOperands(g, column), { eps });
    return along(g, normed, batch, { split: -2, length: height, join: 0 });
  }
}

/** Cuts a value into so many parts along one axis, and puts them together along another. */
function along(
  g: GraphBuilder,
  value: Value,
  count: number,
  { split, length, join }: { split: number; length: number; join: number },
): Value {
  if (count === 1) return value;
  const parts = Array.from({ length: count }, (_, n) =>
    g.apply(narrowOperator, [value], { dim: split, start: n * length, length }),
  );
  return g.apply(catOperator, parts, { dim: join });
}
