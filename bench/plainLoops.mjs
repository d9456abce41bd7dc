// The generator's convolutions at their own shapes, plain loops against the naive form, in turns.
// npm run bench:plain --  [--runs N] [--forward]
import { parseArgs } from 'node:util';
import { conv2d, convTranspose2d, ResNetGenerator, Tensor } from '../dist/index.js';
import { naiveConv2d, naiveConvTranspose2d } from './naive.mjs';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '3' }, forward: { type: 'boolean' } },
});
const runs = Number(values.runs);

/** `[name, kind, input, weight, options]` at a picture of 256 x 314. */
const LAYERS = [
  ['first 7x7', 'conv', [1, 3, 262, 320], [64, 3, 7, 7], { stride: 1, padding: 0 }],
  ['stride 2', 'conv', [1, 64, 256, 314], [128, 64, 3, 3], { stride: 2, padding: 1 }],
  ['stride 2', 'conv', [1, 128, 128, 157], [256, 128, 3, 3], { stride: 2, padding: 1 }],
  ['residual 3x3', 'conv', [1, 256, 66, 81], [256, 256, 3, 3], { stride: 1, padding: 0 }],
  ['transposed', 'transposed', [1, 256, 64, 79], [256, 128, 3, 3], {}],
  ['transposed', 'transposed', [1, 128, 128, 158], [128, 64, 3, 3], {}],
  ['last 7x7', 'conv', [1, 64, 262, 322], [3, 64, 7, 7], { stride: 1, padding: 0 }],
];
const TRANSPOSED = { stride: 2, padding: 1, outputPadding: 1 };

console.log(`Node ${process.version}, median of ${runs} runs in turns after a warm-up`);
console.log('layer          input              naive ms  tuned ms  ratio  GFLOP/s  max difference');
for (const [name, kind, inputShape, weightShape, options] of LAYERS) {
  const input = random(inputShape);
  const weight = random(weightShape);
  const outChannels = kind === 'conv' ? weightShape[0] : weightShape[1];
  const bias = random([outChannels]);
  const tuned =
    kind === 'conv'
      ? () => conv2d(input, weight, bias, options).data
      : () => convTranspose2d(input, weight, bias, TRANSPOSED).data;
  const naive =
    kind === 'conv'
      ? () => naiveConv2d(input, weight, bias, options)
      : () => naiveConvTranspose2d(input, weight, bias, TRANSPOSED);
  const difference = maxDifference(tuned(), naive());
  const times = { naive: [], tuned: [] };
  for (let run = 0; run < runs; run++) {
    times.naive.push(time(naive));
    times.tuned.push(time(tuned));
  }
  const [slow, fast] = [median(times.naive), median(times.tuned)];
  const pixels = kind === 'conv' ? tuned().length / outChannels : inputShape[2] * inputShape[3];
  const products = pixels * weight.size;
  console.log(
    `${name.padEnd(14)} ${inputShape.join('x').padEnd(16)} ${slow.toFixed(0).padStart(10)}${fast.toFixed(0).padStart(10)}${(slow / fast).toFixed(1).padStart(7)}${((2 * products) / fast / 1e6).toFixed(2).padStart(9)}  ${difference.toExponential(1)}`,
  );
}

if (values.forward) {
  const netG = new ResNetGenerator().eval();
  const x = random([1, 3, 256, 314]);
  const start = performance.now();
  await netG.forward(x, { engine: 'js', blocking: true });
  console.log(`whole forward at 3x256x314: ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

function random(shape) {
  const size = shape.reduce((a, b) => a * b, 1);
  return new Tensor(
    Float32Array.from({ length: size }, () => Math.random() - 0.5),
    shape,
  );
}

function time(action) {
  const start = performance.now();
  action();
  return performance.now() - start;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

function maxDifference(a, b) {
  let worst = 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i] - b[i]));
  return worst;
}
