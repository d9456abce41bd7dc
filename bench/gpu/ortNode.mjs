// onnxruntime-node by its WebGPU provider: node bench/gpu/ortNode.mjs MODEL SHAPE ROUNDS OUTPUT, SHAPE as 1,3,256,314; prints JSON, and
// writes the last output as raw float32.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [model, shapeText, rounds, outputFile] = process.argv.slice(2);
const require = createRequire(new URL('../runtimes/package.json', import.meta.url));
const ort = require('onnxruntime-node');
const shape = shapeText.split(',').map(Number);
const size = shape.reduce((a, b) => a * b, 1);
const data = Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.37));
const session = await ort.InferenceSession.create(model, { executionProviders: ['webgpu'] });
const run = async () => {
  const feeds = { [session.inputNames[0]]: new ort.Tensor('float32', data, shape) };
  return (await session.run(feeds))[session.outputNames[0]].data;
};
writeFileSync(outputFile, await run());
const times = [];
for (let round = 0; round < Number(rounds); round++) {
  const start = performance.now();
  await run();
  times.push(performance.now() - start);
}
times.sort((a, b) => a - b);
const milliseconds = times[Math.floor(times.length / 2)];
console.log(
  JSON.stringify({
    milliseconds,
    fastest: times[0],
    details: [`version ${ort.env.versions.node}`],
  }),
);
process.exit(0);
