import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d } from '../../nn/conv2d.js';
import { Dropout } from '../../nn/dropout.js';
import { Module } from '../../nn/module.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { type GeneratorOptions, normLayer, usesBias } from './options.js';

/**
 * A residual block: `x + convBlock(x)`, `[N, dim, H, W]` → `[N, dim, H, W]`, H and W at least 2.
 *
 * ```ts
 * const block = new ResNetBlock(8);
 * [...block.stateDict().keys()].slice(0, 2); // ['conv_block.1.weight', 'conv_block.1.bias']
 * (await block.forward(Tensor.zeros([1, 8, 4, 4]))).shape; // [1, 8, 4, 4]
 * ```
 *
 * @see Stevens, Antiga, Viehmann, "Deep Learning with PyTorch", section 2.2; He et al., arXiv:1512.03385
 */
export class ResNetBlock extends Module {
  readonly convBlock: Sequential;

  constructor(dim: number, options: GeneratorOptions = {}) {
    super();
    const bias = usesBias(options);
    this.convBlock = this.registerModule(
      'conv_block',
      new Sequential(
        new ReflectionPad2d(1),
        new Conv2d(dim, dim, 3, { bias }),
        normLayer(dim, options),
        new ReLU(true),
        // With dropout, all that follows moves up by one: the second convolution is conv_block.6.
        ...(options.dropout ? [new Dropout(0.5)] : []),
        new ReflectionPad2d(1),
        new Conv2d(dim, dim, 3, { bias }),
        normLayer(dim, options),
      ),
    );
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.add(x, g.call(this.convBlock, x));
  }
}
