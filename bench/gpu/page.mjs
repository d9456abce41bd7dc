// Runs in the page that bench/gpu.mjs opens: makes a runner of each library that is served, and times them in turns.
import { jax } from './jax.mjs';
import { tensorflow } from './tensorflow.mjs';

/** @returns What each runner took, or why it did not run. */
export async function measure({ kind, shape, outChannels, ngf, rounds, libraries }) {
  const task = await prepare({ kind, shape, outChannels, ngf });
  const makers = {
    'cyclegan-ts, winograd': () => ours(task, 'winograd'),
    'cyclegan-ts, direct': () => ours(task, 'direct'),
    ...(libraries.ort ? { 'onnxruntime-web': () => onnxruntime(task) } : {}),
    ...(libraries.tf ? { 'tfjs-webgpu': () => tensorflow(task) } : {}),
    ...(libraries.jax ? { 'jax-js': () => jax(task) } : {}),
  };
  const runners = [];
  const failed = [];
  for (const [name, make] of Object.entries(makers)) {
    try {
      const { run, details } = await make();
      runners.push({ name, run, details, output: Float32Array.from(await run()), times: [] });
    } catch (error) {
      failed.push({ name, reason: String(error?.stack ?? error).split('\n')[0] });
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const { run, times } of runners) {
      const start = performance.now();
      await run();
      times.push(performance.now() - start);
    }
  }
  const results = runners.map(({ name, details, times, output }) => ({
    name,
    details,
    ...summary(times),
    difference: output.reduce(
      (most, v, j) => Math.max(most, Math.abs(v - runners[0].output[j])),
      0,
    ),
  }));
  return { results, failed, output: [...(runners[0]?.output ?? [])] };
}

function summary(times) {
  const sorted = times.toSorted((a, b) => a - b);
  return { milliseconds: sorted[Math.floor(sorted.length / 2)], fastest: sorted[0] };
}

async function bytes(address) {
  return new Uint8Array(await (await fetch(address)).arrayBuffer());
}

async function prepare({ kind, shape, outChannels, ngf }) {
  const library = await import('/library.js');
  const weights = await library.loadStateDict(await bytes('/weights.pth'));
  const modules = {
    network: () => new library.ResNetGenerator(3, 3, ngf, 9),
    residual: () =>
      new library.Sequential(
        new library.ReflectionPad2d(1),
        new library.Conv2d(shape[1], outChannels, 3),
      ),
    convolution: () =>
      new library.Sequential(new library.Conv2d(shape[1], outChannels, 3, { padding: 1 })),
  };
  const module = modules[kind]();
  module.loadStateDict(weights);
  module.eval();
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.37));
  return { library, module, kind, shape, data, weights };
}

async function ours({ library, module, shape, data }, variant) {
  const program = await library.compile(module, { engine: 'webgpu', variant, inputShape: shape });
  const input = new library.Tensor(data, shape);
  return { run: async () => (await program.run(input)).data, details: program.details };
}

async function onnxruntime({ shape, data }) {
  const ort = await import('/ort/ort.webgpu.bundle.min.mjs');
  ort.env.wasm.wasmPaths = '/ort/';
  const session = await ort.InferenceSession.create(await bytes('/model.onnx'), {
    executionProviders: ['webgpu'],
  });
  const run = async () => {
    const feeds = { [session.inputNames[0]]: new ort.Tensor('float32', data, shape) };
    return (await session.run(feeds))[session.outputNames[0]].data;
  };
  return { run, details: [`version ${ort.env.versions.web}`] };
}
