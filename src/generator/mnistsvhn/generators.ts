import { checkCounts } from '../layers/checkCounts.js';
import { NamedSequential } from '../layers/namedSequential.js';
import { transferLayers } from './transferLayers.js';

/**
 * From MNIST to SVHN: `[N, 1, H, W]` in [−1, 1] → `[N, 3, H, W]` in [−1, 1], sides multiples of 4 (others are rounded down to
 * one).
 *
 * ```ts
 * const g12 = new G12(4).eval();
 * (await g12.forward(Tensor.zeros([1, 1, 32, 32]))).shape; // [1, 3, 32, 32]
 * ```
 *
 * @see yunjey/mnist-svhn-transfer, model.py, G12
 */
export class G12 extends NamedSequential {
  /** @throws ShapeError unless `convDim` is a whole number from 1 up. */
  constructor(convDim = 64) {
    checkCounts('G12', { convDim }, 1);
    super(transferLayers(1, 3, convDim));
  }
}

/**
 * From SVHN to MNIST: `[N, 3, H, W]` in [−1, 1] → `[N, 1, H, W]` in [−1, 1], sides multiples of 4 (others are rounded down to
 * one).
 *
 * ```ts
 * const g21 = new G21(4).eval();
 * (await g21.forward(Tensor.zeros([1, 3, 32, 32]))).shape; // [1, 1, 32, 32]
 * ```
 *
 * @see yunjey/mnist-svhn-transfer, model.py, G21
 */
export class G21 extends NamedSequential {
  /** @throws ShapeError unless `convDim` is a whole number from 1 up. */
  constructor(convDim = 64) {
    checkCounts('G21', { convDim }, 1);
    super(transferLayers(3, 1, convDim));
  }
}
