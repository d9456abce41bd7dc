import type { GraphBuilder, Value } from '../../graph/builder.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import { Module } from '../../nn/module.js';
import { ReLU } from '../../nn/relu.js';
import { checkCounts } from '../layers/checkCounts.js';
import { convLayer, residualBlock, upsampleConvLayer } from './convLayers.js';

export interface TransformerNetOptions {
  /** Channels behind the first convolution. Default: 32, as the class has it. */
  readonly width?: number;
  /** Default: 5, as the class has it. */
  readonly nBlocks?: number;
}

/**
 * The style network of PyTorch's examples: `[N, 3, H, W]` in [0, 255] → `[N, 3, 4·⌈H/4⌉, 4·⌈W/4⌉]`, without a last activation:
 * what lies outside of [0, 255] is clamped when the picture is written.
 *
 * ```ts
 * const net = new TransformerNet({ width: 4, nBlocks: 1 }).eval();
 * [...net.stateDict().keys()].slice(0, 3); // ['conv1.conv2d.weight', 'conv1.conv2d.bias', 'in1.weight']
 * (await net.forward(Tensor.zeros([1, 3, 30, 32]))).shape; // [1, 3, 32, 32]
 * ```
 *
 * @see Johnson et al., arXiv:1603.08155; pytorch/examples, fast_neural_style/neural_style/transformer_net.py, TransformerNet
 */
export class TransformerNet extends Module {
  readonly #layers: readonly Module[];

  /** @throws ShapeError unless the width is a whole number from 1 up, and blocks from 0 up. */
  constructor({ width = 32, nBlocks = 5 }: TransformerNetOptions = {}) {
    super();
    checkCounts('TransformerNet', { nBlocks });
    const relu = new ReLU();
    const layers: Module[] = [];
    const add = (name: string, layer: Module) => {
      layers.push(this.registerModule(name, layer));
    };
    const addNormed = (name: string, norm: number, layer: Module, channels: number) => {
      add(name, layer);
      add(`in${norm}`, new InstanceNorm2d(channels, { affine: true }));
      layers.push(relu);
    };
    addNormed('conv1', 1, convLayer(3, width, 9), width);
    addNormed('conv2', 2, convLayer(width, 2 * width, 3, 2), 2 * width);
    addNormed('conv3', 3, convLayer(2 * width, 4 * width, 3, 2), 4 * width);
    for (let i = 1; i <= nBlocks; i++) add(`res${i}`, residualBlock(4 * width));
    addNormed('deconv1', 4, upsampleConvLayer(4 * width, 2 * width), 2 * width);
    addNormed('deconv2', 5, upsampleConvLayer(2 * width, width), width);
    add('deconv3', convLayer(width, 3, 9));
    this.registerModule('relu', relu);
    this.#layers = layers;
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return this.#layers.reduce((value, layer) => g.call(layer, value), x);
  }
}
