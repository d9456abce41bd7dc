// Norms by statistics of a thumbnail or of tiles: against loops over the definitions, and where they have to be exact.
import { describe, expect, it } from 'vitest';
import type { EngineName } from '../../src/engine/engine.js';
import { selectEngine } from '../../src/engine/engines.js';
import type { MemoryError } from '../../src/engine/wasm/newMemory.js';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import type { GraphBuilder, Value } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import type { Picture } from '../../src/image/picture.js';
import { resize } from '../../src/image/resize/resize.js';
import { BatchNorm2d } from '../../src/nn/batchNorm2d.js';
import { traceGraph } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { GroupNorm } from '../../src/nn/groupNorm.js';
import { InstanceNorm2d } from '../../src/nn/instanceNorm2d.js';
import { Module } from '../../src/nn/module.js';
import { manualSeed } from '../../src/nn/random.js';
import { ReLU } from '../../src/nn/relu.js';
import { Sequential } from '../../src/nn/sequential.js';
import { Tanh } from '../../src/nn/tanh.js';
import { Upsample } from '../../src/nn/upsample.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { conv2d } from '../../src/tensor/conv2d.js';
import type { ElementPart } from '../../src/tensor/elementSource.js';
import { relu } from '../../src/tensor/relu.js';
import { type Shape, sizeOf } from '../../src/tensor/shape.js';
import { tanh } from '../../src/tensor/tanh.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { upsample } from '../../src/tensor/upsample.js';
import { networkInput } from '../../src/translate/networkInput.js';
import { forwardByNorm } from '../../src/translate/norm/forwardByNorm.js';
import { ownNorms } from '../../src/translate/norm/ownNorms.js';
import { statisticsGraph } from '../../src/translate/norm/statisticsGraph.js';
import {
  channelProblem,
  networkInputShape,
  type PictureNetwork,
} from '../../src/translate/pictureNetwork.js';
import { translate } from '../../src/translate/translate.js';
import { expectClose, maxAbsDifference } from '../support/closeness.js';
import { familyCases, stateDictOf, TIMES_TORCH } from '../support/familyCases.js';

/** Brighter towards a corner, so that statistics of parts are others than those of the whole. */
function pictureOf(width: number, height: number): Picture {
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / 3);
    const [x, y] = [(pixel % width) / width, Math.floor(pixel / width) / height];
    const texture = Math.sin(40 * x + 7 * (i % 3)) * Math.cos(31 * y);
    data[i] = 255 * (0.15 + 0.5 * x * y + 0.1 * (i % 3) + 0.12 * (1 + texture) * x);
  }
  return { width, height, data };
}

const STRIDE_2 = { stride: 2, padding: 1 };

function vector(elements: readonly number[]): Tensor {
  return new Tensor(Float32Array.from(elements), [elements.length]);
}

/** Instance norms, with factors and without, and a group norm; one of them at half the size. */
class Toy extends Module {
  readonly conv1 = this.registerModule('conv1', new Conv2d(3, 4, 3, { padding: 1 }));
  readonly norm1 = this.registerModule('norm1', new InstanceNorm2d(4, { affine: true }));
  readonly conv2 = this.registerModule('conv2', new Conv2d(4, 6, 3, STRIDE_2));
  readonly norm2 = this.registerModule('norm2', new GroupNorm(2, 6));
  readonly conv3 = this.registerModule('conv3', new Conv2d(6, 5, 3, { padding: 1 }));
  readonly norm3 = this.registerModule('norm3', new InstanceNorm2d(5));
  readonly conv4 = this.registerModule('conv4', new Conv2d(5, 3, 3, { padding: 1 }));
  readonly relu = this.registerModule('relu', new ReLU());
  readonly up = this.registerModule('up', new Upsample({ scaleFactor: 2 }));
  readonly tanh = this.registerModule('tanh', new Tanh());

  override trace(g: GraphBuilder, x: Value): Value {
    const { conv1, norm1, conv2, norm2, conv3, norm3, conv4, up, tanh: last } = this;
    const steps = [conv1, norm1, this.relu, conv2, norm2, this.relu, conv3, norm3, up, conv4, last];
    return steps.reduce((value, step) => g.call(step, value), x);
  }
}

function toyNetwork(): PictureNetwork & { readonly module: Toy } {
  manualSeed(7);
  const module = new Toy().eval();
  const factors = new Map([
    ['norm1.weight', vector([0.5, 1.5, -1, 2])],
    ['norm1.bias', vector([0.1, -0.2, 0.3, 0])],
    ['norm2.weight', vector([1, 0.7, 1.3, -0.4, 2, 1])],
    ['norm2.bias', vector([0, 0.2, -0.1, 0.4, 0, -0.3])],
  ]);
  module.loadStateDict(new Map([...module.stateDict(), ...factors]));
  return {
    module,
    inputRange: [-1, 1],
    outputRange: [-1, 1],
    channelOrder: 'rgb',
    sizeRule: { multipleOf: 2, roundsUpTo: 2 },
  };
}

/** Mean and biased variance, for each channel. */
interface Moments {
  readonly mean: readonly number[];
  readonly variance: readonly number[];
}

/** Channels that are normalised together, by each of the toy's norms. */
const PER_GROUP = [1, 3, 1];

function momentsOf({ data, shape }: Tensor, perGroup: number): Moments {
  const count = shape[2] * shape[3] * perGroup;
  const mean: number[] = [];
  const variance: number[] = [];
  for (let c = 0; c < shape[1]; c++) {
    const start = Math.floor(c / perGroup) * count;
    let [sum, squares] = [0, 0];
    for (let i = start; i < start + count; i++) sum += data[i];
    for (let i = start; i < start + count; i++) squares += (data[i] - sum / count) ** 2;
    mean.push(sum / count);
    variance.push(squares / count);
  }
  return { mean, variance };
}

/** How a channel is normalised at a place of its plane. */
type AtPlace = (channel: number, y: number, x: number) => { mean: number; factor: number };

/** The toy by its definition. @param normOf How each of its norms, by its number, normalises what it is given. */
function plainToy(
  { module }: { readonly module: Toy },
  input: Tensor,
  normOf: (x: Tensor, i: number) => AtPlace,
): Tensor {
  const weights = module.stateDict();
  const of = (key: string) => weights.get(key) as Tensor;
  const conv = (x: Tensor, name: string, options: object) =>
    conv2d(x, of(`${name}.weight`), of(`${name}.bias`), options);
  const norm = (x: Tensor, i: number) => {
    const at = normOf(x, i);
    const [, channels, height, width] = x.shape;
    const [weight, bias] = ['weight', 'bias'].map((kind) => weights.get(`norm${i + 1}.${kind}`));
    const out = Tensor.zeros(x.shape);
    for (let c = 0, index = 0; c < channels; c++) {
      for (let pixel = 0; pixel < height * width; pixel++, index++) {
        const { mean, factor } = at(c, Math.floor(pixel / width), pixel % width);
        const normed = (x.data[index] - mean) * factor;
        out.data[index] = normed * (weight?.data[c] ?? 1) + (bias?.data[c] ?? 0);
      }
    }
    return out;
  };
  const first = relu(norm(conv(input, 'conv1', { padding: 1 }), 0));
  const second = relu(norm(conv(first, 'conv2', STRIDE_2), 1));
  const third = norm(conv(second, 'conv3', { padding: 1 }), 2);
  return tanh(conv(upsample(third, { scaleFactor: 2 }), 'conv4', { padding: 1 }));
}

const factorOf = (variance: number) => 1 / Math.sqrt(variance + 1e-5);

/** A norm as it is, by its own statistics, which are noted. */
function own(note: Moments[] = []): (x: Tensor, i: number) => AtPlace {
  return (x, i) => {
    const { mean, variance } = momentsOf(x, PER_GROUP[i]);
    note[i] = { mean, variance };
    return (c) => ({ mean: mean[c], factor: factorOf(variance[c]) });
  };
}

function plainThumbnail(
  network: ReturnType<typeof toyNetwork>,
  picture: Picture,
  size: { width: number; height: number },
) {
  const gathered: Moments[] = [];
  plainToy(network, networkInput(resize(size)(picture), network), own(gathered));
  return plainToy(network, networkInput(picture, network), (_, i) => {
    const { mean, variance } = gathered[i];
    return (c) => ({ mean: mean[c], factor: factorOf(variance[c]) });
  });
}

/** Of a place on an axis with so many tiles, the two between whose middles it lies, and how far it is from the first. */
function between(
  place: number,
  side: number,
  tiles: number,
): [first: number, second: number, share: number] {
  const position = Math.min(Math.max(((place + 0.5) * tiles) / side - 0.5, 0), tiles - 1);
  const first = Math.floor(position);
  return [first, Math.min(first + 1, tiles - 1), position - first];
}

/** @param tiles Pictures, row by row. */
function plainDense(
  network: ReturnType<typeof toyNetwork>,
  picture: Picture,
  tiles: readonly (readonly Picture[])[],
) {
  const gathered = tiles.map((row) =>
    row.map((tile) => {
      const moments: Moments[] = [];
      plainToy(network, networkInput(tile, network), own(moments));
      return moments;
    }),
  );
  return plainToy(network, networkInput(picture, network), ({ shape }, i) => {
    const [height, width] = shape.slice(2);
    return (c, y, x) => {
      const [top, bottom, down] = between(y, height, tiles.length);
      const [left, right, across] = between(x, width, tiles[0].length);
      const mixed = (pick: (moments: Moments) => number) => {
        const at = (row: number, column: number) => pick(gathered[row][column][i]);
        const upper = (1 - across) * at(top, left) + across * at(top, right);
        return (
          (1 - down) * upper + down * ((1 - across) * at(bottom, left) + across * at(bottom, right))
        );
      };
      return {
        mean: mixed(({ mean }) => mean[c]),
        factor: mixed(({ variance }) => factorOf(variance[c])),
      };
    };
  });
}

/** A part of a picture, pixel by pixel. */
function partOf(
  picture: Picture,
  left: number,
  top: number,
  width: number,
  height: number,
): Picture {
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const pixel = Math.floor(i / 3);
    const [x, y] = [left + (pixel % width), top + Math.floor(pixel / width)];
    return picture.data[3 * (y * picture.width + x) + (i % 3)];
  });
  return { width, height, data };
}

async function approximated(
  picture: Picture,
  network: PictureNetwork,
  mode: Parameters<typeof forwardByNorm>[2],
  engine: EngineName = 'js',
): Promise<Tensor> {
  const read = (part: ElementPart, shape: Shape) =>
    new Tensor(part(0, sizeOf(shape)).slice(), shape);
  return forwardByNorm(picture, network, mode, read, {
    engine,
    onProgram: ({ fallbacks }) => expect(fallbacks).toEqual([]),
  });
}

describe.each(['js', 'wasm'] as const)('on engine %s', (engine) => {
  const network = toyNetwork();
  const close = { absolute: 2e-5 };

  it('goes by the statistics of a thumbnail whose longer side is as long as asked for', async () => {
    const picture = pictureOf(150, 101);
    const found = await approximated(picture, network, 'thumbnail:64', engine);
    const expected = plainThumbnail(network, picture, { width: 64, height: 43 });
    expectClose(found, expected, close);
    // It is not what the network itself gives.
    const exact = plainToy(network, networkInput(picture, network), own());
    expect(maxAbsDifference(found.data, exact.data)).toBeGreaterThan(0.01);
  });

  it('goes by statistics that are interpolated between the middles of tiles', async () => {
    // Three tiles of 64 pixels across, two of 56 down, 16 pixels of their neighbours around them; at the picture's border, of one side.
    const picture = pictureOf(192, 112);
    const tiles = [0, 24].map((top) =>
      [0, 48, 96].map((left) => partOf(picture, left, top, 96, 88)),
    );
    const found = await approximated(picture, network, 'dense:64', engine);
    expectClose(found, plainDense(network, picture, tiles), close);
    const exact = plainToy(network, networkInput(picture, network), own());
    expect(maxAbsDifference(found.data, exact.data)).toBeGreaterThan(0.01);
  });

  it.each(['thumbnail:128', 'dense:128'] as const)(
    'is exact where the %s is the picture itself, also where that is padded',
    async (mode) => {
      const picture = pictureOf(127, 99);
      const exact = plainToy(network, networkInput(picture, network), own());
      expectClose(await approximated(picture, network, mode, engine), exact, close);
    },
  );
});

it('leaves thumbnails of long pictures a side that networks take', async () => {
  const module = new ResNetGenerator(3, 3, 2, 1).eval();
  const picture = pictureOf(640, 16);
  const exact = await translate(picture, module, { resize: null });
  // Shrunk to 64 pixels, it would have two rows; it is its own thumbnail.
  expect(await translate(picture, module, { resize: null, norm: 'thumbnail:64' })).toEqual(exact);
});

/** Batch norms, instance norms with running statistics that are used, none at all, or a single size. */
const REFUSED = new Set([
  'aladdinpersson-pix2pix',
  'arnab39-cyclegan-batch',
  'attentiongan-v1',
  'carpedm20-discogan-one',
  'carpedm20-discogan',
  'coursera-pix2pix',
  'cut-no-antialias-up',
  'cut-no-norm',
  'deblurgan-batch',
  'enlightengan-bare',
  'enlightengan',
  'funie-gan',
  'lornatang-cyclegan',
  'mmgeneration-cyclegan-batch',
  'mmgeneration-pix2pix-batch',
  'mnist-svhn-g12',
  'mnist-svhn-g21',
  'mrzhu-pix2pix-zero',
  'mrzhu-pix2pix',
  'photo2cartoon-img-size',
  'pix2pixhd-local-tracked',
  'resnet-zero-batch',
  'sktbrain-discogan-extra',
  'sktbrain-discogan',
  'traits-batch-replicate',
  'traits-no-norm',
  'traits-residual',
  'traits-tracked-running',
  'udacity-cyclegan',
  'ugatit-img-size',
  'unet-batch',
  'unet-instance-tracked',
  'white-box-cartoonization',
  'znxlwm-pix2pix',
]);

describe('of every family', () => {
  const MODES = ['thumbnail', 'dense'] as const;

  it.each(familyCases.map((one) => [one.name, one] as const))('%s', async (_, one) => {
    const network = await openGenerator(encodeStateDict(stateDictOf(one), 'net.pth'), one.options);
    // What takes maps of labels, say, takes no pictures.
    if (channelProblem(network) !== null) return;
    const [, , height, width] = one.runs[0].input;
    const picture = pictureOf(Math.max(32, width), Math.max(32, height));
    const isRefused = REFUSED.has(one.name);
    const expected = await network.module.forward(networkInput(picture, network));
    for (const mode of MODES) {
      const found = approximated(picture, network, mode, 'wasm');
      if (isRefused) await expect(found).rejects.toMatchObject({ code: 'ERR_NORM' });
      else {
        const absolute = Math.max(2e-4, TIMES_TORCH * one.runs[0].float32Error);
        expectClose(await found, expected, { absolute, relative: 2e-4 });
      }
    }
  });
});

describe('refusals', () => {
  const picture = pictureOf(70, 66);

  it('names the kinds of norm that there are', async () => {
    const { module } = toyNetwork();
    for (const norm of [
      'tiled',
      'thumbnail:',
      'dense:63',
      'thumbnail:65536',
      'dense:1e3',
      '',
      null,
      5,
    ]) {
      const run = translate(picture, module, { norm: norm as 'exact', resize: null });
      await expect(run).rejects.toMatchObject({
        code: 'ERR_NORM',
        message: expect.stringContaining('exact, thumbnail, dense'),
      });
    }
  });

  it('says that batch norms are exact without', async () => {
    const module = new Sequential(new Conv2d(3, 3, 3), new BatchNorm2d(3)).eval();
    const run = translate(picture, module, { norm: 'thumbnail', resize: null });
    await expect(run).rejects.toThrow(/norm thumbnail approximates norms .* has none/);
  });

  it('ends when its signal fires', async () => {
    const reason = new Error('enough');
    const run = translate(picture, toyNetwork(), {
      norm: 'dense:64',
      resize: null,
      signal: AbortSignal.abort(reason),
    });
    await expect(run).rejects.toBe(reason);
  });
});

it('gathers statistics in about the memory that the network takes', async () => {
  const graph = traceGraph(new ResNetGenerator(3, 3, 8, 4).eval(), [1, 3, 64, 64]);
  const engine = await selectEngine('wasm');
  const least = async (one: Graph) => (await engine.leastMemory?.(one, { threads: 1 })) as number;
  const gathering = await least(statisticsGraph(graph, ownNorms(graph)));
  expect(gathering).toBeLessThan(1.2 * (await least(graph)));
});

it.each(['thumbnail:64', 'dense:64'] as const)(
  'tells by %s how much memory is enough for all that it runs',
  async (norm) => {
    const module = new ResNetGenerator(3, 3, 8, 1).eval();
    const picture = pictureOf(320, 320);
    const run = (memory: number) =>
      translate(picture, module, { norm, resize: null, engine: 'wasm', threads: 1, memory });
    const refusal = await run(1e5).catch((error: unknown) => error);
    const { least } = refusal as MemoryError;
    expect(least).toBeGreaterThan(1e6);
    expect((await run(least as number)).width).toBe(320);
  },
);

describe('pictures', () => {
  it('of one colour come out as they do exactly', async () => {
    const network = toyNetwork();
    const picture = { width: 140, height: 130, data: new Uint8Array(3 * 140 * 130).fill(90) };
    // The border of a network that pads with zeros is none of the same colour: it has less of a thumbnail.
    const module = new Sequential(
      new Conv2d(3, 4, 1),
      new InstanceNorm2d(4),
      new Conv2d(4, 3, 1),
      new Tanh(),
    ).eval();
    const exact = await translate(picture, { ...network, module }, { resize: null });
    for (const norm of ['thumbnail:64', 'dense:64'] as const) {
      const found = await translate(picture, { ...network, module }, { resize: null, norm });
      expect(found).toEqual(exact);
    }
  });

  it('tell of each layer once', async () => {
    const network = toyNetwork();
    const picture = pictureOf(130, 80);
    const names = traceGraph(network.module, networkInputShape(picture, network)).nodes.map(
      ({ id }) => id,
    );
    for (const norm of ['thumbnail:64', 'dense:64'] as const) {
      const told: number[] = [];
      await translate(picture, network, {
        resize: null,
        norm,
        onProgress: ({ node }) => void told.push(node.id),
      });
      expect(told).toEqual(names);
    }
  });
});
