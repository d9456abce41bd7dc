import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d } from '../../nn/conv2d.js';
import { Dropout } from '../../nn/dropout.js';
import { Module } from '../../nn/module.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { blockPadding } from './blockPadding.js';
import { type BlockOptions, normLayer, usesBias } from './normLayer.js';

/**
 * A residual block: `x + convBlock(x)`, `[N, dim, H, W]` → `[N, dim, H, W]`; H and W at least 2 where padding mirrors.
 *
 * ```ts
 * const block = new ResNetBlock(8);
 * [...block.stateDict().keys()].slice(0, 2); // ['conv_block.1.weight', 'conv_block.1.bias']
 * (await block.forward(Tensor.zeros([1, 8, 4, 4]))).shape; // [1, 8, 4, 4]
 *
 * const zeros = new ResNetBlock(8, { paddingType: 'zero' });
 * [...zeros.stateDict().keys()][2]; // 'conv_block.3.weight'
 * ```
 *
 * @see Stevens, Antiga, Viehmann, "Deep Learning with PyTorch", section 2.2; He et al., arXiv:1512.03385
 */
export class ResNetBlock extends Module {
  readonly convBlock: Sequential;

  /** @throws ShapeError for another padding type. */
  constructor(dim: number, options: BlockOptions = {}) {
    super();
    const { dropout = false, paddingType = 'reflect' } = options;
    const convolution = (): Module[] => {
      const { layers, padding } = blockPadding(paddingType);
      return [...layers, new Conv2d(dim, dim, 3, { padding, bias: usesBias(options) })];
    };
    this.convBlock = this.registerModule(
      'conv_block',
      new Sequential(
        ...convolution(),
        normLayer(dim, options),
        new ReLU(true),
        // With dropout, all that follows moves up by one: the second convolution is conv_block.6.
        ...(dropout ? [new Dropout(0.5)] : []),
        ...convolution(),
        normLayer(dim, options),
      ),
    );
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.add(x, g.call(this.convBlock, x));
  }
}
