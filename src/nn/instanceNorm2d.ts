import type { GraphBuilder, Value } from '../graph/builder.js';
import { instanceNorm2dOperator } from '../tensor/instanceNorm2d.js';
import { Norm, type NormModuleOptions } from './norm.js';

/**
 * Normalises each channel of each picture; no parameters by default. Running statistics, where it has them, are used in eval
 * mode, and move towards those of the pictures in graphs that are traced for training (`GraphBuilder.startTraining`).
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(1, 3), [1, 1, 1, 2]);
 * (await new InstanceNorm2d(1).forward(x)).data; // [-1.0000, 1.0000]
 * ```
 *
 * @see torch.nn.InstanceNorm2d
 */
export class InstanceNorm2d extends Norm {
  constructor(numFeatures: number, options: NormModuleOptions = {}) {
    const { eps = 1e-5, momentum = 0.1, affine = false, trackRunningStats = false } = options;
    super(numFeatures, { eps, momentum, affine, trackRunningStats });
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const { eps } = this;
    if (!this.isTrained(g)) return g.apply(instanceNorm2dOperator, this.operands(g, x), { eps });
    // PyTorch keeps a number of batches here as well, but never counts any.
    this.gather(g, x, null, false);
    return g.apply(instanceNorm2dOperator, this.ownOperands(g, x), { eps });
  }
}
