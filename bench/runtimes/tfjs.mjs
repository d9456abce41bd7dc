// One runner: TensorFlow.js, with its plain JavaScript or its WebAssembly backend. It is driven
// over standard input; serve.mjs has the protocol.
// node tfjs.mjs cpu|wasm THREADS
import { dirname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { floats, serve } from './serve.mjs';

const [backend, threads] = process.argv.slice(2);
if (!['cpu', 'wasm'].includes(backend) || !(Number(threads) >= 1)) {
  fail('Usage: node tfjs.mjs cpu|wasm THREADS');
}
// Threads of the wasm backend are for browsers only: WASM_HAS_MULTITHREAD_SUPPORT is false in Node,
// and setting it by hand ends in an ERR_WORKER_PATH, as its workers start from a blob: URL.
if (Number(threads) > 1) {
  fail(`TensorFlow.js (${backend}) runs on 1 thread in Node, not on ${threads}.`);
}
if (backend === 'wasm') {
  setWasmPaths(dirname(fileURLToPath(import.meta.resolve('@tensorflow/tfjs-backend-wasm'))) + sep);
}
if (!(await tf.setBackend(backend))) fail(`TensorFlow.js cannot start its backend "${backend}".`);
await serve(`TensorFlow.js ${tf.version.tfjs} (${backend})`, prepare);

function prepare({ layer, shape, input, tensors, blocks }) {
  const kept = [];
  // Everything inside is NHWC, the only order that the convolutions of both backends know.
  const x = load({ shape, file: input }, [0, 2, 3, 1]);
  const forward = layer === null ? generator() : single();
  return {
    run() {
      const output = tf.tidy(() => forward(x).transpose([0, 3, 1, 2]));
      const data = output.dataSync();
      output.dispose();
      return data;
    },
    release() {
      tf.dispose(kept);
    },
  };

  function load({ shape, file }, order) {
    const tensor = tf.tidy(() => tf.tensor(floats(file), shape).transpose(order));
    kept.push(tensor);
    return tensor;
  }

  function conv(weight, bias, strides, pad) {
    const filter = load(weight, [2, 3, 1, 0]);
    const shift = load(bias);
    return (x) => tf.fused.conv2d({ x, filter, strides, pad, bias: shift });
  }

  function convTranspose(weight, bias, stride, padding, outputPadding) {
    // [in, out, kh, kw] becomes [kh, kw, out, in].
    const filter = load(weight, [2, 3, 1, 0]);
    const shift = load(bias);
    const [kh, kw, channels] = filter.shape;
    return (x) => {
      const [n, h, w] = x.shape;
      const size = (length, k) => (length - 1) * stride - 2 * padding + k + outputPadding;
      const outputShape = [n, size(h, kh), size(w, kw), channels];
      return tf.conv2dTranspose(x, filter, outputShape, stride, padding).add(shift);
    };
  }

  function generator() {
    const of = (key) => [tensors[`${key}.weight`], tensors[`${key}.bias`]];
    const up = 10 + blocks;
    return sequence(
      reflectionPad(3),
      conv(...of('model.1'), 1, 0),
      instanceNorm,
      tf.relu,
      conv(...of('model.4'), 2, 1),
      instanceNorm,
      tf.relu,
      conv(...of('model.7'), 2, 1),
      instanceNorm,
      tf.relu,
      ...Array.from({ length: blocks }, (_, i) => {
        const inner = sequence(
          reflectionPad(1),
          conv(...of(`model.${10 + i}.conv_block.1`), 1, 0),
          instanceNorm,
          tf.relu,
          reflectionPad(1),
          conv(...of(`model.${10 + i}.conv_block.5`), 1, 0),
          instanceNorm,
        );
        return (x) => x.add(inner(x));
      }),
      convTranspose(...of(`model.${up}`), 2, 1, 1),
      instanceNorm,
      tf.relu,
      convTranspose(...of(`model.${up + 3}`), 2, 1, 1),
      instanceNorm,
      tf.relu,
      reflectionPad(3),
      conv(...of(`model.${up + 7}`), 1, 0),
      tf.tanh,
    );
  }

  function single() {
    const { op, weight, bias, stride = 1, padding = 0, outputPadding = 0 } = layer;
    switch (op) {
      case 'conv2d':
        return conv(weight, bias, stride, padding);
      case 'convTranspose2d':
        return convTranspose(weight, bias, stride, padding, outputPadding);
      case 'instanceNorm2d':
        return instanceNorm;
      case 'reflectionPad2d':
        return reflectionPad(padding);
      case 'relu':
        return tf.relu;
      case 'tanh':
        return tf.tanh;
      case 'add':
        return (x) => x.add(x);
      default:
        throw new Error(`This runner has no layer "${op}".`);
    }
  }
}

function sequence(...steps) {
  // The tidy around the whole forward would let go of what lies between the steps only at its end.
  return (first) =>
    steps.reduce((x, step) => {
      const y = tf.tidy(() => step(x));
      if (x !== first) x.dispose();
      return y;
    }, first);
}

function reflectionPad(p) {
  const [none, both] = [
    [0, 0],
    [p, p],
  ];
  return (x) => x.mirrorPad([none, both, both, none], 'reflect');
}

function instanceNorm(x) {
  const { mean, variance } = tf.moments(x, [1, 2], true);
  return x.sub(mean).mul(variance.add(1e-5).rsqrt());
}

function fail(message) {
  console.error(message);
  process.exit(2);
}
