import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d } from '../../nn/conv2d.js';
import { ConvTranspose2d } from '../../nn/convTranspose2d.js';
import { GroupNorm } from '../../nn/groupNorm.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import { Module } from '../../nn/module.js';
import { padOperator, resolvePad } from '../../tensor/pad.js';
import { reluOperator } from '../../tensor/relu.js';
import { tanhOperator } from '../../tensor/tanh.js';
import { checkCounts } from '../layers/checkCounts.js';

/** What Keras calls the layers that normalise: of TensorFlow Addons, as the example had them before Keras 3, or its own. */
export type KerasNormLayer = 'instance_normalization' | 'group_normalization';

/** What is normalised together: a channel of a picture, or all of its channels, a single group. */
export type KerasNorm = 'instance' | 'layer';

export interface KerasResnetOptions {
  /** Default: 3. */
  readonly inChannels?: number;
  /** Default: 3. */
  readonly outChannels?: number;
  /** Channels behind the first convolution. Default: 64. */
  readonly filters?: number;
  /** Default: 2. */
  readonly numDownsamplingBlocks?: number;
  /** Default: 9. */
  readonly numResidualBlocks?: number;
  /** Default: 2. */
  readonly numUpsampleBlocks?: number;
  /** What norms are called. Default: `instance_normalization`. */
  readonly normLayer?: KerasNormLayer;
  /** Default: what the example has under that name, `layer` of `group_normalization`, else `instance`. */
  readonly norm?: KerasNorm;
  /** Of the norms. Default: 0.001, as in Keras. */
  readonly epsilon?: number;
}

/** A convolution and the norm behind it. */
interface Unit {
  readonly convolution: Module;
  readonly norm: Module;
}

/**
 * The generator of Keras' own example of CycleGAN, `get_resnet_generator`: `[N, inChannels, H, W]` in [−1, 1] →
 * `[N, outChannels, 4·⌈H/4⌉, 4·⌈W/4⌉]` in [−1, 1]. Layers are called as Keras 3 calls them in its files; convolutions of
 * stride 2 have Keras' padding `same`, which puts more behind a picture than before it.
 *
 * ```ts
 * const zebra = new KerasResnetGenerator({ filters: 4, numResidualBlocks: 1 }).eval();
 * (await zebra.forward(Tensor.zeros([1, 3, 22, 32]))).shape; // [1, 3, 24, 32]
 * ```
 *
 * @see https://keras.io/examples/generative/cyclegan/
 */
export class KerasResnetGenerator extends Module {
  readonly #first: Unit;
  readonly #down: readonly Unit[];
  readonly #blocks: readonly (readonly [Unit, Unit])[];
  readonly #up: readonly Unit[];
  readonly #last: Module;

  /** @throws ShapeError unless counts are whole numbers, those of blocks from 0 and those of channels from 1 up. */
  constructor({
    inChannels = 3,
    outChannels = 3,
    filters = 64,
    numDownsamplingBlocks = 2,
    numResidualBlocks = 9,
    numUpsampleBlocks = 2,
    normLayer = 'instance_normalization',
    norm = usualNorm(normLayer),
    epsilon = 1e-3,
  }: KerasResnetOptions = {}) {
    super();
    checkCounts('KerasResnetGenerator', { inChannels, outChannels, filters }, 1);
    const blocks = { numDownsamplingBlocks, numResidualBlocks, numUpsampleBlocks };
    checkCounts('KerasResnetGenerator', blocks);
    const counts = new Map<string, number>();
    const register = (kind: string, module: Module): Module => {
      const count = counts.get(kind) ?? 0;
      counts.set(kind, count + 1);
      return this.registerModule(count === 0 ? kind : `${kind}_${count}`, module);
    };
    const unit = (kind: string, convolution: Conv2d | ConvTranspose2d): Unit => {
      const normalising = normOf(norm, convolution.outChannels, epsilon);
      return { convolution: register(kind, convolution), norm: register(normLayer, normalising) };
    };
    const plain = (from: number, to: number, kernelSize: number, stride = 1) =>
      unit('conv2d', new Conv2d(from, to, kernelSize, { stride, bias: false }));
    let channels = filters;
    this.#first = plain(inChannels, channels, 7);
    this.#down = Array.from({ length: numDownsamplingBlocks }, () => {
      channels *= 2;
      return plain(channels / 2, channels, 3, 2);
    });
    this.#blocks = Array.from({ length: numResidualBlocks }, () => [
      plain(channels, channels, 3),
      plain(channels, channels, 3),
    ]);
    let wide = channels;
    this.#up = Array.from({ length: numUpsampleBlocks }, () => {
      const from = wide;
      // Keras halves whole numbers.
      channels = Math.floor(channels / 2);
      wide = channels;
      return unit(
        'conv2d_transpose',
        new ConvTranspose2d(from, wide, 3, { stride: 2, bias: false }),
      );
    });
    this.#last = register('conv2d', new Conv2d(wide, outChannels, 7));
  }

  override trace(g: GraphBuilder, x: Value): Value {
    let y = activated(g, this.#first, mirrored(g, x, 3));
    for (const unit of this.#down) y = activated(g, unit, paddedSame(g, y));
    for (const [one, other] of this.#blocks) {
      const inner = activated(g, one, mirrored(g, y, 1));
      const normed = g.call(other.norm, g.call(other.convolution, mirrored(g, inner, 1)));
      y = g.add(y, normed);
    }
    for (const { convolution, norm } of this.#up) {
      // The gradient of a convolution with padding `same`: the last row and column fall to what was padded.
      const whole = padded(g, g.call(convolution, y), [0, -1, 0, -1]);
      y = g.apply(reluOperator, [g.call(norm, whole)], {});
    }
    return g.apply(tanhOperator, [g.call(this.#last, mirrored(g, y, 3))], {});
  }
}

/** What the norms are that the example has under a name. */
export function usualNorm(normLayer: KerasNormLayer): KerasNorm {
  return normLayer === 'group_normalization' ? 'layer' : 'instance';
}

function normOf(norm: KerasNorm, channels: number, eps: number): Module {
  return norm === 'layer'
    ? new GroupNorm(1, channels, { eps })
    : new InstanceNorm2d(channels, { affine: true, eps });
}

function activated(g: GraphBuilder, { convolution, norm }: Unit, x: Value): Value {
  return g.apply(reluOperator, [g.call(norm, g.call(convolution, x))], {});
}

function mirrored(g: GraphBuilder, x: Value, width: number): Value {
  return g.apply(padOperator, [x], resolvePad(width, { mode: 'reflect' }));
}

type Sides = readonly [left: number, right: number, top: number, bottom: number];

function padded(g: GraphBuilder, x: Value, sides: Sides): Value {
  return g.apply(padOperator, [x], resolvePad(sides));
}

/** What a 3×3 convolution of stride 2 has around it: an even side gets a zero behind it, an odd one also one before it. */
function paddedSame(g: GraphBuilder, x: Value): Value {
  const [height, width] = x.shape.slice(-2);
  return padded(g, x, [width % 2, 1, height % 2, 1]);
}
