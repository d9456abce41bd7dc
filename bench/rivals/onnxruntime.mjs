// One contestant: answers every line on standard input with the milliseconds of one forward.
// node onnxruntime.mjs node|web MODEL.onnx THREADS WIDTH HEIGHT
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { picture } from './picture.mjs';

const [kind, model, threads, width, height] = process.argv.slice(2);
const ort = (await import(kind === 'web' ? 'onnxruntime-web' : 'onnxruntime-node')).default;
if (kind === 'web') ort.env.wasm.numThreads = Number(threads);
const session = await ort.InferenceSession.create(readFileSync(model), {
  intraOpNumThreads: Number(threads),
  interOpNumThreads: 1,
  executionProviders: [kind === 'web' ? 'wasm' : 'cpu'],
});
const shape = [1, 3, Number(height), Number(width)];
const x = new ort.Tensor('float32', picture(Number(width), Number(height)), shape);
console.log(`ready onnxruntime-${kind}`);
for await (const _ of createInterface({ input: process.stdin })) {
  const start = performance.now();
  const out = await session.run({ [session.inputNames[0]]: x });
  console.log(performance.now() - start, out[session.outputNames[0]].data[1000]);
}
process.exit(0);
