// One runner: jax-js with its "wasm" device. It is driven over standard input; serve.mjs has
// the protocol.
// node jax.mjs THREADS
import { readFileSync } from 'node:fs';
import { floats, serve } from './serve.mjs';

const threads = Number(process.argv[2]);
if (!(threads >= 1)) fail('Usage: node jax.mjs THREADS');
// It takes threads from the browsers' Worker, which Node does not have.
if (threads > 1) fail('jax-js has one thread in Node.');
const { defaultDevice, jit, lax, nn, numpy: np } = await import('@jax-js/jax');
defaultDevice('wasm');

// Every function takes over its arguments, as in the library itself: `x.ref` is what keeps an x.
//
// Each step is jitted by itself: one jit around the whole generator is not faster, and its first
// run is slower.
//
// In version 0.1.25 the library's convolution has about a fifth of the speed of its product of
// matrices, its transposed convolution less than a hundredth. So the large convolutions are
// products here: with stride 1, one product for all k * k taps, whose shifted outputs are summed
// up; with more, one with the columns of im2col; transposed, one whose outputs are summed up where
// they overlap.
const matmul = jit((a, b) => np.matmul(a, b));
// A filter as the matrix with a row for each tap and output, and a column for each input.
const tapRows = jit((w) => w.transpose([2, 3, 0, 1]).reshape([-1, w.shape[1]]));
const transposedTapRows = jit((w) => w.transpose([2, 3, 1, 0]).reshape([-1, w.shape[0]]));
const shift = jit((x, bias) => x.add(bias));

const convolution = jit(
  (x, weight, bias, stride, padding) => {
    const pads = [padding, padding];
    const y = lax.conv(x.reshape([1, ...x.shape]), weight, [stride, stride], [pads, pads]);
    return y.reshape(y.shape.slice(1)).add(bias);
  },
  { staticArgnums: [3, 4] },
);

const zeroPad = jit((x, p) => np.pad(x, { 1: [p, p], 2: [p, p] }), { staticArgnums: [1] });

const columns = jit(
  (x, k, stride, padding) => {
    const [c, h, w] = x.shape.map((length, axis) => length + (axis > 0 ? 2 * padding : 0));
    const rows = Math.floor((h - k) / stride) + 1;
    const width = Math.floor((w - k) / stride) + 1;
    // Slices have no steps: an axis becomes two, and every step-th element one place of the second.
    const [high, wide] = [Math.ceil(h / stride), Math.ceil(w / stride)];
    const [below, right] = [padding + high * stride - h, padding + wide * stride - w];
    const split = np
      .pad(x, { 1: [padding, below], 2: [padding, right] })
      .reshape([c, high, stride, wide, stride]);
    const taps = [];
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < k; j++) {
        const down = [Math.floor(i / stride), Math.floor(i / stride) + rows];
        const across = [Math.floor(j / stride), Math.floor(j / stride) + width];
        const tap = split.ref.slice([], down, i % stride, across, j % stride);
        taps.push(tap.reshape([c, 1, rows * width]));
      }
    }
    split.dispose();
    return np.concatenate(taps, 1).reshape([c * k * k, rows * width]);
  },
  { staticArgnums: [1, 2, 3] },
);

const sumTaps = jit(
  (products, bias, k) => {
    const [, , h, w] = products.shape;
    const [rows, width] = [h - k + 1, w - k + 1];
    const place = (tap, i, j) => tap.slice([], [i, i + rows], [j, j + width]);
    return sum(products, k, place).add(bias);
  },
  { staticArgnums: [2] },
);

const sumTransposedTaps = jit(
  (products, bias, k, stride, padding, outputPadding) => {
    const [, c, h, w] = products.shape;
    const [lastRow, lastColumn] = [(h - 1) * stride, (w - 1) * stride];
    const [rows, width] = [lastRow + k + outputPadding, lastColumn + k + outputPadding];
    const place = (tap, i, j) => {
      const spread = np
        .pad(tap.reshape([c, h, 1, w, 1]), { 2: [0, stride - 1], 4: [0, stride - 1] })
        .reshape([c, h * stride, w * stride])
        .slice([], [0, lastRow + 1], [0, lastColumn + 1]);
      return np.pad(spread, { 1: [i, rows - lastRow - 1 - i], 2: [j, width - lastColumn - 1 - j] });
    };
    return sum(products, k, place)
      .slice([], [padding, rows - padding], [padding, width - padding])
      .add(bias);
  },
  { staticArgnums: [2, 3, 4, 5] },
);

const reflectionPad = jit(
  (x, p) => {
    // There is no mode 'reflect'.
    for (const axis of [1, 2]) {
      const last = x.shape[axis] - 1;
      const mirrored = (i) => last - Math.abs(last - Math.abs(i - p));
      const indices = Int32Array.from({ length: last + 1 + 2 * p }, (_, i) => mirrored(i));
      x = np.take(x, np.array(indices), axis);
    }
    return x;
  },
  { staticArgnums: [1] },
);

const norm = jit(normalize);
const normRelu = jit((x) => nn.relu(normalize(x)));
const addNorm = jit((x, y) => x.add(normalize(y)));
const relu = jit((x) => nn.relu(x));
const tanh = jit((x) => np.tanh(x));
const add = jit((x, y) => x.add(y));

function normalize(x) {
  const centered = x.ref.sub(x.mean([1, 2], { keepdims: true }));
  const variance = np.square(centered.ref).mean([1, 2], { keepdims: true });
  return centered.mul(np.reciprocal(np.sqrt(variance.add(1e-5))));
}

function sum(products, k, place) {
  const taps = [];
  for (let i = 0; i < k * k; i++) {
    taps.push(place(products.ref.slice(i), Math.floor(i / k), i % k));
  }
  products.dispose();
  return taps.reduce((total, tap) => total.add(tap));
}

const manifest = new URL('../package.json', import.meta.resolve('@jax-js/jax'));
await serve(`jax-js ${JSON.parse(readFileSync(manifest)).version} (wasm)`, prepare);

async function prepare({ layer, shape, input, tensors, blocks }) {
  if (shape[0] !== 1) throw new Error('This runner takes one picture at a time.');
  const kept = [];
  // Everything inside is [C, H, W].
  const x = await keep(load({ shape: shape.slice(1), file: input }));
  const forward = await (layer === null ? generator() : single());
  return {
    run: () => forward(x.ref).data(),
    release() {
      for (const array of kept) array.dispose();
    },
  };

  function load({ shape, file }) {
    return np.array(floats(file)).reshape(shape);
  }

  async function keep(array) {
    kept.push(await array.blockUntilReady());
    return array;
  }

  async function conv(weight, bias, stride, padding) {
    const [out, channels, k] = weight.shape;
    const b = await keep(load(bias).reshape([out, 1, 1]));
    // With few channels there is little to multiply for the many elements that are moved.
    if (channels < 8) {
      const w = await keep(load(weight));
      return (x) => convolution(x, w.ref, b.ref, stride, padding);
    }
    if (stride > 1) {
      const w = await keep(load(weight).reshape([out, channels * k * k]));
      return (x) => {
        const rows = (x.shape[1] + 2 * padding - k + stride) / stride;
        const y = matmul(w.ref, columns(x, k, stride, padding));
        return shift(y.reshape([out, Math.floor(rows), -1]), b.ref);
      };
    }
    const w = await keep(tapRows(load(weight)));
    return (x) => {
      const [, height, width] = (x = padding > 0 ? zeroPad(x, padding) : x).shape;
      const products = matmul(w.ref, x.reshape([channels, height * width]));
      return sumTaps(products.reshape([k * k, out, height, width]), b.ref, k);
    };
  }

  async function convTranspose(weight, bias, stride, padding, outputPadding) {
    const [channels, out, k] = weight.shape;
    const b = await keep(load(bias).reshape([out, 1, 1]));
    const w = await keep(transposedTapRows(load(weight)));
    return (x) => {
      const [, height, width] = x.shape;
      const products = matmul(w.ref, x.reshape([channels, height * width]));
      const parts = products.reshape([k * k, out, height, width]);
      return sumTransposedTaps(parts, b.ref, k, stride, padding, outputPadding);
    };
  }

  async function generator() {
    const of = (key) => [tensors[`${key}.weight`], tensors[`${key}.bias`]];
    const up = 10 + blocks;
    const steps = [
      (x) => reflectionPad(x, 3),
      await conv(...of('model.1'), 1, 0),
      normRelu,
      await conv(...of('model.4'), 2, 1),
      normRelu,
      await conv(...of('model.7'), 2, 1),
      normRelu,
    ];
    for (let i = 10; i < up; i++) {
      const first = await conv(...of(`model.${i}.conv_block.1`), 1, 0);
      const second = await conv(...of(`model.${i}.conv_block.5`), 1, 0);
      steps.push((x) => {
        const y = normRelu(first(reflectionPad(x.ref, 1)));
        return addNorm(x, second(reflectionPad(y, 1)));
      });
    }
    steps.push(
      await convTranspose(...of(`model.${up}`), 2, 1, 1),
      normRelu,
      await convTranspose(...of(`model.${up + 3}`), 2, 1, 1),
      normRelu,
      (x) => reflectionPad(x, 3),
      await conv(...of(`model.${up + 7}`), 1, 0),
      tanh,
    );
    return (x) => steps.reduce((x, step) => step(x), x);
  }

  function single() {
    const { op, weight, bias, stride = 1, padding = 0, outputPadding = 0 } = layer;
    switch (op) {
      case 'conv2d':
        return conv(weight, bias, stride, padding);
      case 'convTranspose2d':
        return convTranspose(weight, bias, stride, padding, outputPadding);
      case 'instanceNorm2d':
        return norm;
      case 'reflectionPad2d':
        return (x) => reflectionPad(x, padding);
      case 'relu':
        return relu;
      case 'tanh':
        return tanh;
      case 'add':
        return (x) => add(x.ref, x);
      default:
        throw new Error(`This runner has no layer "${op}".`);
    }
  }
}

function fail(message) {
  console.error(message);
  process.exit(2);
}
