// ONNX Runtime as a runner: node onnxruntime.mjs node|web THREADS PHASES(0|1)
// With phases, each transposed convolution is four convolutions (`phaseModel`), which its kernels are faster at.
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { floats, serve } from './serve.mjs';

const [kind, threads, phases] = process.argv.slice(2);
const name = `onnxruntime-${kind}`;
const { default: ort } = await import(name);
const version = ort.env.versions[kind];
if (kind === 'web') ort.env.wasm.numThreads = Number(threads);

await serve(`${name} ${version}${phases === '1' ? ', phases' : ''}`, async (task) => {
  const model = phases === '1' ? task.phaseModel : task.model;
  if (model === undefined) throw new Error('there is no model of phases for this task');
  // Where V8 replaces its first machine code while a layer is measured, that is at times left with a third of its speed for
  // as long as the process runs. Optimised at once, it has the better one always.
  if (kind === 'web' && task.layer !== null) setFlagsFromString('--no-liftoff');
  // Native code reads the file by itself, which leaves no copy of it in memory.
  const open = () =>
    ort.InferenceSession.create(kind === 'node' ? model : readFileSync(model), {
      intraOpNumThreads: Number(threads),
      interOpNumThreads: 1,
      executionProviders: [kind === 'web' ? 'wasm' : 'cpu'],
    });
  if (task.stage === 'open model') return { run: async () => (await open()).release() };
  const session = await open();
  const feeds = {
    [session.inputNames[0]]: new ort.Tensor('float32', floats(task.input), task.shape),
  };
  return {
    release: () => session.release(),
    run: async () => (await session.run(feeds))[session.outputNames[0]].data,
  };
});
