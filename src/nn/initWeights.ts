import { CycleganError } from '../errors.js';
import { checkOptions } from '../tensor/callerValues.js';
import { type Shape, sizeOf } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { BatchNorm2d } from './batchNorm2d.js';
import { checkModule } from './compile.js';
import { Conv2d } from './conv2d.js';
import { ConvTranspose2d } from './convTranspose2d.js';
import { Linear } from './linear.js';
import type { Module } from './module.js';
import type { Parameter } from './parameter.js';
import { fillNormal, nextSeed } from './random.js';

/** How the weights of convolutions and linear layers are drawn. */
export type InitType = 'normal' | 'xavier' | 'kaiming' | 'orthogonal';

export interface InitWeightsOptions {
  /** Default: `normal`. */
  readonly type?: InitType;
  /** The deviation of `normal` and of norms' weights, a factor of `xavier` and `orthogonal`. Default: 0.02. */
  readonly gain?: number;
  /** What the weights follow from, a whole number. Default: drawn, so that `manualSeed` settles it. */
  readonly seed?: number;
}

/** Draws a weight `[out, in, …]`; what is behind the first side is a row. */
type Draw = (seed: number, shape: Shape, gain: number) => Float32Array;

const DRAWS: Readonly<Record<InitType, Draw>> = {
  normal: (seed, shape, gain) => drawn(seed, shape, gain),
  xavier(seed, shape, gain) {
    const [fanIn, fanOut] = fans(shape);
    return drawn(seed, shape, gain * Math.sqrt(2 / (fanIn + fanOut)));
  },
  kaiming: (seed, shape) => drawn(seed, shape, Math.sqrt(2 / fans(shape)[0])),
  orthogonal,
};

/**
 * Draws a network's weights as the CycleGAN authors do before training: those of convolutions and linear layers by `type`, with
 * biases of 0, and those of batch norms normal around 1, with biases of 0. Other layers keep what they have.
 *
 * ```ts
 * const net = new Sequential(new Conv2d(3, 64, 7), new BatchNorm2d(64));
 * initWeights(net, { seed: 1 });
 * const { data } = net.stateDict().get('0.weight') as Tensor;
 * Math.sqrt(data.reduce((sum, w) => sum + w * w, 0) / data.length); // 0.020
 * net.stateDict().get('0.bias')?.data[0]; // 0
 * ```
 *
 * @throws CycleganError `ERR_INIT` for another type, or a gain that is no number.
 * @see junyanz/pytorch-CycleGAN-and-pix2pix, models/networks.py, init_weights; torch.nn.init
 */
export function initWeights(module: Module, options: InitWeightsOptions = {}): void {
  checkModule(module);
  checkOptions('initWeights', options);
  const { type = 'normal', gain = 0.02, seed = nextSeed() } = options;
  if (!Object.hasOwn(DRAWS, type)) {
    const known = Object.keys(DRAWS).join(', ');
    throw new CycleganError('ERR_INIT', `Weights are drawn ${known}, but not "${type}".`);
  }
  if (!Number.isFinite(gain)) {
    throw new CycleganError('ERR_INIT', `The gain of weights is a number, but got ${gain}.`);
  }
  let number = 0;
  for (const [, layer] of module.namedModules()) {
    const own = seed + Math.imul(number++, 0x85ebca6b);
    if (isMatrix(layer)) {
      take(layer.weight, (shape) => DRAWS[type](own, shape, gain));
      take(layer.bias, (shape) => new Float32Array(sizeOf(shape)));
    } else if (layer instanceof BatchNorm2d) {
      take(layer.weight, (shape) => drawn(own, shape, gain).map((value) => 1 + value));
      take(layer.bias, (shape) => new Float32Array(sizeOf(shape)));
    }
  }
}

function isMatrix(layer: Module): layer is Conv2d | ConvTranspose2d | Linear {
  return layer instanceof Conv2d || layer instanceof ConvTranspose2d || layer instanceof Linear;
}

function take(parameter: Parameter | null, draw: (shape: Shape) => Float32Array): void {
  parameter?.adopt(Tensor.owning(draw(parameter.shape), parameter.shape));
}

function drawn(seed: number, shape: Shape, deviation: number): Float32Array {
  const out = new Float32Array(sizeOf(shape));
  fillNormal(seed, deviation, out);
  return out;
}

/** As PyTorch counts, for transposed convolutions, too. @see torch.nn.init._calculate_fan_in_and_fan_out */
function fans([first, second, ...kernel]: Shape): readonly [fanIn: number, fanOut: number] {
  const taps = sizeOf(kernel);
  return [second * taps, first * taps];
}

/** Rows, or columns where there are fewer of them, are orthogonal and of length `gain`. */
function orthogonal(seed: number, shape: Shape, gain: number): Float32Array {
  const rows = shape[0];
  const columns = sizeOf(shape.slice(1));
  const isWide = rows <= columns;
  const [count, length] = isWide ? [rows, columns] : [columns, rows];
  const vectors = Array.from({ length: count }, (_, i) => {
    const vector = new Float64Array(length);
    fillNormal(seed + Math.imul(i + 1, 0xc2b2ae35), 1, vector);
    return vector;
  });
  for (const [i, vector] of vectors.entries()) {
    // Twice is enough, in double precision.
    for (let pass = 0; pass < 2; pass++) {
      for (const earlier of vectors.slice(0, i)) subtract(vector, earlier, dot(vector, earlier));
    }
    const norm = Math.sqrt(dot(vector, vector));
    for (let j = 0; j < length; j++) vector[j] /= norm;
  }
  const out = new Float32Array(rows * columns);
  for (const [i, vector] of vectors.entries()) {
    for (let j = 0; j < length; j++)
      out[isWide ? i * columns + j : j * columns + i] = gain * vector[j];
  }
  return out;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function subtract(from: Float64Array, vector: Float64Array, factor: number): void {
  for (let i = 0; i < from.length; i++) from[i] -= factor * vector[i];
}
