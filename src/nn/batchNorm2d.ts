import type { GraphBuilder, Value } from '../graph/builder.js';
import { batchNorm2dOperator } from '../tensor/batchNorm2d.js';
import { Norm, type NormModuleOptions } from './norm.js';

/**
 * Normalises each channel by its running statistics; eval mode only.
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

  override trace(g: GraphBuilder, x: Value): Value {
    return g.apply(batchNorm2dOperator, this.operands(g, x), { eps: this.eps });
  }
}
