import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d } from '../../nn/conv2d.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import { Module } from '../../nn/module.js';
import { Parameter } from '../../nn/parameter.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';
import { groupNormOperator, resolveGroupNorm } from '../../tensor/groupNorm.js';

/**
 * All channels of a picture by one mean and the unbiased deviation, to which 1e-5 is added: `[N, C, H, W]` keeps its shape.
 *
 * @see NVlabs/MUNIT, networks.py, LayerNorm
 */
class LayerNorm extends Module {
  /** `[numFeatures]` each. */
  readonly gamma: Parameter;
  readonly beta: Parameter;

  constructor(numFeatures: number) {
    super();
    this.gamma = this.registerParameter('gamma', Parameter.filled([numFeatures], 1));
    this.beta = this.registerParameter('beta', Parameter.filled([numFeatures], 0));
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const operands = [x, g.parameter(this.gamma), g.parameter(this.beta)] as const;
    const how = resolveGroupNorm(1, { correction: 1, epsOutside: true });
    return g.apply(groupNormOperator, operands, how);
  }
}

export interface ConvBlockOptions {
  /** Default: 1. */
  readonly stride?: number;
  /** Mirrored rows and columns around the input. */
  readonly padding: number;
  readonly norm: 'instance' | 'layer' | 'none';
  readonly activation: 'relu' | 'tanh' | 'none';
}

const NORMS = {
  instance: (channels: number) => new InstanceNorm2d(channels),
  layer: (channels: number) => new LayerNorm(channels),
  none: () => null,
};
const ACTIVATIONS = {
  relu: () => new ReLU(true),
  tanh: () => new Tanh(),
  none: () => null,
};

/** A convolution with a mirrored border, a norm and an activation: `[N, inputDim, H, W]` → `[N, outputDim, H', W']`. */
export class Conv2dBlock extends Module {
  readonly #layers: readonly Module[];

  constructor(
    inputDim: number,
    outputDim: number,
    kernelSize: number,
    { stride = 1, padding, norm, activation }: ConvBlockOptions,
  ) {
    super();
    const pad = this.registerModule('pad', new ReflectionPad2d(padding));
    const after: Module[] = [];
    for (const [name, layer] of [
      ['norm', NORMS[norm](outputDim)],
      ['activation', ACTIVATIONS[activation]()],
    ] as const) {
      if (layer !== null) after.push(this.registerModule(name, layer));
    }
    // A norm's keys stand before the convolution's, though it comes after it.
    const conv = new Conv2d(inputDim, outputDim, kernelSize, { stride });
    this.#layers = [pad, this.registerModule('conv', conv), ...after];
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return this.#layers.reduce((value, layer) => g.call(layer, value), x);
  }
}

/** Modules one after the other under the name `model`, and with them the input, if asked for. */
export class Model extends Module {
  readonly #model: Module;
  readonly #isResidual: boolean;

  constructor(layers: readonly Module[], { isResidual = false } = {}) {
    super();
    this.#model = this.registerModule('model', new Sequential(...layers));
    this.#isResidual = isResidual;
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const y = g.call(this.#model, x);
    return this.#isResidual ? g.add(y, x) : y;
  }
}

/** Residual blocks with instance norms: `[N, dim, H, W]` keeps its shape. */
export function resBlocks(count: number, dim: number): Model {
  const block = (activation: 'relu' | 'none') =>
    new Conv2dBlock(dim, dim, 3, { padding: 1, norm: 'instance', activation });
  return new Model(
    Array.from(
      { length: count },
      () => new Model([block('relu'), block('none')], { isResidual: true }),
    ),
  );
}
