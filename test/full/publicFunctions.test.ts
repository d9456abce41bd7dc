// What every public function says to values of another kind than it takes: a CycleganError, never an error of JavaScript's own.
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import * as gradients from '../../src/autograd/grad.js';
import { CycleganError } from '../../src/errors.js';
import * as library from '../../src/index.js';
import * as training from '../../src/train/index.js';

const { Tensor } = library;

const VALUES: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['undefined', undefined],
  ['NaN', Number.NaN],
  ['a negative number', -3],
  ['a fraction', 1.5],
  ['a text', 'no such thing'],
  ['a boolean', true],
  ['an object', {}],
  ['a list', []],
  ['a list of null', [null, null]],
];

const x = Tensor.full([1, 2, 4, 4], 0.5);
const two = Tensor.full([2], 1);
const picture = { width: 4, height: 4, data: new Uint8Array(48) };
const large = { width: 12, height: 12, data: new Uint8Array(432) };
const features = Tensor.full([4, 2], 1);
const net = new library.ResNetGenerator(3, 3, 1, 0).eval();
/** No plain object: what is within is not replaced, for graphs are made by `traceGraph`. */
const graph = Object.assign(Object.create({}), library.traceGraph(net, [1, 3, 8, 8]));
const weights = library.encodeStateDict(net.stateDict(), 'net.pth');
const opened = await library.openGenerator(weights);
const CONVOLUTION = { stride: 1, padding: 1, dilation: 1, groups: 1 };
const ENGINE = { engine: 'js', threads: 1, allowV8Flags: false };
const RUN = { ...ENGINE, signal: new AbortController().signal, blocking: false };
const SHAPE = [1, 3, 8, 8];
const READING = { maxBytes: 1e6, signal: RUN.signal, onProgress: () => undefined };
const OPENING = { ...READING, key: '', late: false };
const TRAITS = {
  ...{ inputRange: [0, 1], channelOrder: 'rgb', statistics: 'own' },
  ...{ padding: 'reflect', residual: false },
};
const DECODING = { strict: false, orient: true, onNote: () => undefined };
const NORM = {
  ...{ weight: two, bias: two, runningMean: two, runningVar: two, eps: 1e-5 },
};
const png = library.encodeImage(picture, 'x.png');
const NOWHERE = join(import.meta.dirname, 'no such folder', 'no such file');

/** A call that is right. Each argument, and each value of the objects among them, is then replaced. */
const CALLS: Readonly<Record<string, readonly unknown[]>> = {
  activations: [net, Tensor.zeros(SHAPE)],
  adaptiveAvgPool2d: [x, 2],
  adaptiveMaxPool2d: [x, 2],
  add: [x, x],
  avgPool2d: [x, 2, { stride: 2, padding: 0, ceilMode: false, countIncludePad: true }],
  batchNorm2d: [x, NORM],
  cat: [[x, x], 1],
  centerCrop: [2],
  clamp: [x, { min: 0, max: 1 }],
  compile: [net, { inputShape: SHAPE, ...ENGINE }],
  compileGraph: [graph, ENGINE],
  compose: [library.toTensor(), library.toImage],
  conv2d: [x, Tensor.full([2, 2, 3, 3], 1), two, CONVOLUTION],
  convTranspose2d: [x, Tensor.full([2, 2, 3, 3], 1), two, { ...CONVOLUTION, outputPadding: 0 }],
  createHandler: [
    {
      models: { net: opened },
      concurrency: 1,
      queue: 1,
      maxBytes: 1e6,
      engine: ENGINE,
      basePath: '',
    },
  ],
  decodeImage: [png, DECODING],
  decodeRows: [png, () => () => undefined, DECODING],
  loadDecoder: [png],
  loadEncoder: ['x.png'],
  hasGpu: [],
  diffWeights: [weights, weights, OPENING],
  div: [x, x],
  drawHtml: [net, SHAPE, { title: 'x', fold: true }],
  drawSvg: [net, SHAPE, { title: 'x', fold: true }],
  encodeCheckpoint: [{ epoch: 1, model: net.stateDict() }],
  encodeImage: [picture, 'x.jpg', { quality: 90 }],
  encodeNpy: [x],
  encodeRows: ['x.jpg', { quality: 90 }],
  encodeStateDict: [net.stateDict(), 'x.pth', { config: {}, dtype: 'float32' }],
  exportOnnx: [net, SHAPE, { opset: 17, dynamic: false, fp16: false, metadata: {} }],
  featureMaps: [x],
  flatten: [x, { startDim: 1, endDim: -1 }],
  formatSummary: [library.summarize(net, SHAPE), { depth: 1 }],
  frechetDistance: [features, features],
  groupNorm: [x, 2, { weight: two, bias: two, eps: 1e-5 }],
  imageSize: [png, DECODING],
  inferConfig: [net.stateDict()],
  initWeights: [new library.ReLU(), { type: 'normal', gain: 0.02, seed: 1 }],
  inspectWeights: [weights, { ...OPENING, stats: true }],
  instanceNorm2d: [x, NORM],
  kernelDistance: [features, features, { subsets: 2, subsetSize: 2, seed: 0 }],
  l1: [picture, picture],
  leakyRelu: [x, 0.1],
  linear: [Tensor.full([3, 2], 1), Tensor.full([4, 2], 1), Tensor.full([4], 1)],
  loadCheckpoint: [library.encodeCheckpoint({ epoch: 1 }), READING],
  loadStateDict: [weights, OPENING],
  manualSeed: [1],
  maxPool2d: [x, 2, { stride: 2, padding: 0, dilation: 1, ceilMode: false }],
  measurePeak: [ENGINE],
  mul: [x, x],
  namesOf: [net],
  narrow: [x, 1, 0, 1],
  openGenerator: [weights, { ...OPENING, ...TRAITS }],
  openImage: [png, { ...READING, ...DECODING }],
  openWeights: [weights, OPENING],
  pad: [x, 1, { mode: 'constant', value: 0 }],
  pixelShuffle: [Tensor.zeros([1, 4, 2, 2]), 2],
  prelu: [x, two],
  profile: [net, Tensor.zeros(SHAPE), { ...ENGINE, runs: 1 }],
  psnr: [large, large],
  reflectionPad2d: [x, 1],
  relu: [x],
  reshape: [x, [2, 16]],
  resize: [2, { interpolation: 'bilinear' }],
  resizeRows: [2, { interpolation: 'bilinear' }],
  saveCheckpoint: [{ epoch: 1, model: net.stateDict() }, NOWHERE],
  saveImage: [picture, NOWHERE, { quality: 90 }],
  saveStateDict: [net.stateDict(), NOWHERE, { config: {}, dtype: 'float32' }],
  savedConfig: [opened],
  setMaxPixels: [178_956_970],
  sigmoid: [x],
  softmax: [x, 1],
  ssim: [large, large],
  sub: [x, x],
  summarize: [net, SHAPE],
  tanh: [x],
  toImage: [Tensor.zeros([3, 2, 2])],
  toImageData: [picture],
  toTensor: [],
  traceGraph: [net, SHAPE],
  translate: [
    picture,
    opened,
    { ...RUN, resize: 8, interpolation: 'bilinear', crop: 8, keepSize: false, norm: 'exact' },
  ],
  upsample: [x, { size: 2, mode: 'nearest', alignCorners: false }],
  warmUp: [ENGINE],
  writeRows: ['x.jpg', { add: () => undefined, replace: () => undefined }, { quality: 90 }],
};

/** Functions that are made by others take something as well. */
const MADE: Readonly<Record<string, readonly [(value: never) => unknown, unknown]>> = {
  'centerCrop(2)': [library.centerCrop(2), picture],
  'resize(2)': [library.resize(2), picture],
  'toTensor()': [library.toTensor(), picture],
  'Tensor of data': [(data) => new Tensor(data, [1]), new Float32Array(1)],
  'Tensor of a shape': [(shape) => new Tensor(new Float32Array(1), shape), [1]],
  'Tensor.zeros': [(shape) => Tensor.zeros(shape), [1]],
  'Tensor.full': [(shape) => Tensor.full(shape, 1), [1]],
  'Tensor.add': [(other) => x.add(other), x],
  'Tensor.unsqueeze': [(axis) => x.unsqueeze(axis), 0],
  'Tensor.squeeze': [(axis) => x.squeeze(axis), 0],
  'ResNetGenerator.fromStateDict': [
    (stateDict) => library.ResNetGenerator.fromStateDict(stateDict),
    net.stateDict(),
  ],
  'ResNetGenerator.loadStateDict': [(stateDict) => net.loadStateDict(stateDict), net.stateDict()],
  'ResNetGenerator.forward': [(input) => net.forward(input), Tensor.zeros(SHAPE)],
};

/** What builds graphs is given values of graphs, and has tests of its own. */
const BUILDERS: readonly string[] = [...Object.keys(gradients), ...Object.keys(training)];

const FUNCTIONS = Object.entries(library).flatMap(([name, value]) =>
  typeof value === 'function' &&
  !BUILDERS.includes(name) &&
  !/^class\b/.test(Function.prototype.toString.call(value))
    ? [[name, value as (...args: unknown[]) => unknown] as const]
    : [],
);

/** Each argument replaced, and each value of those that are plain objects. */
function replacements(args: readonly unknown[], value: unknown): [string, unknown[]][] {
  return args.flatMap((arg, index) => {
    const whole: [string, unknown[]] = [`argument ${index + 1}`, args.with(index, value)];
    if (Object.prototype.toString.call(arg) !== '[object Object]' || !isPlain(arg)) return [whole];
    return [
      whole,
      ...Object.keys(arg as object).map((key): [string, unknown[]] => [
        `${key} of argument ${index + 1}`,
        args.with(index, { ...(arg as object), [key]: value }),
      ]),
    ];
  });
}

function isPlain(value: unknown): boolean {
  return Object.getPrototypeOf(value) === Object.prototype;
}

/** An error that is not the library's; `null` where it is, or there is none. */
async function wrongError(call: () => unknown): Promise<string | null> {
  try {
    const made = await call();
    // What is made piece by piece fails at the first.
    if (Symbol.asyncIterator in Object(made)) await (made as AsyncGenerator).next();
  } catch (error) {
    return error instanceof CycleganError ? null : String(error);
  }
  return null;
}

it('every public function has a call that is right', () => {
  expect(Object.keys(CALLS).sort()).toEqual(FUNCTIONS.map(([name]) => name).sort());
});

describe.each(FUNCTIONS)('%s', (name, call) => {
  afterEach(() => library.setMaxPixels());

  it('says what it takes', async () => {
    const wrong: string[] = [];
    // A measurement takes a second.
    for (const [kind, value] of name === 'measurePeak' ? VALUES.slice(0, 1) : VALUES) {
      for (const [place, args] of replacements(CALLS[name], value)) {
        const error = await wrongError(() => call(...args));
        if (error !== null) wrong.push(`${place}, ${kind}: ${error}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

it.each(Object.entries(MADE))('%s says what it takes', async (_, [call, right]) => {
  await call(right as never);
  const wrong: string[] = [];
  for (const [kind, value] of VALUES) {
    const error = await wrongError(() => call(value as never));
    if (error !== null) wrong.push(`${kind}: ${error}`);
  }
  expect(wrong).toEqual([]);
});
