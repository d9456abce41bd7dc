import { ShapeError } from '../errors.js';
import type { GraphBuilder, Value } from '../graph/builder.js';
import { batchNorm2dOperator } from '../tensor/batchNorm2d.js';
import { instanceNorm2dOperator } from '../tensor/instanceNorm2d.js';
import { formatShape, imageShape } from '../tensor/shape.js';
import { jointNorm2dOperator } from '../tensor/training/jointNorm2d.js';
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
    const { batch, height, width } = imageShape(x.shape, 'BatchNorm2d');
    if (batch * height * width === 1) {
      throw new ShapeError(
        `BatchNorm2d: expected more than 1 value per channel in training, but got an input of size ${formatShape(x.shape)}; a larger picture, or several of them, are needed.`,
      );
    }
    this.gather(g, x, this.numBatchesTracked, true);
    const { eps } = this;
    // Of one picture, the batch's mean and variance are those of the picture.
    if (batch === 1) return g.apply(instanceNorm2dOperator, this.ownOperands(g, x), { eps });
    return this.affineOf(g, g.apply(jointNorm2dOperator, [x], { index: 0, eps }));
  }
}
