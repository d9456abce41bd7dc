// Runs in the page that bench/gpu.mjs opens: makes a runner of each library that is served, and times them in turns.

/** @returns What each runner took, or why it did not run. */
export async function measure({ kind, shape, outChannels, ngf, rounds, libraries }) {
  const task = await prepare({ kind, shape, outChannels, ngf });
  const makers = {
    'cyclegan-ts, winograd': () => ours(task, 'winograd'),
    'cyclegan-ts, direct': () => ours(task, 'direct'),
    ...(libraries.ort ? { 'onnxruntime-web': () => onnxruntime(task) } : {}),
    ...(libraries.tf && kind !== 'network' ? { 'tfjs-webgpu': () => tensorflow(task) } : {}),
    ...(libraries.jax && kind !== 'network' ? { 'jax-js': () => jax(task) } : {}),
  };
  const runners = [];
  const failed = [];
  for (const [name, make] of Object.entries(makers)) {
    try {
      const { run, details } = await make();
      runners.push({ name, run, details, output: Float32Array.from(await run()), times: [] });
    } catch (error) {
      failed.push({ name, reason: String(error) });
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
  return { results, failed };
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
  const stateDict = await library.loadStateDict(await bytes('/weights.pth'));
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
  module.loadStateDict(stateDict);
  module.eval();
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.37));
  const tensors = [...stateDict.values()];
  return { library, module, kind, shape, data, weight: tensors[0], bias: tensors[1] };
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

/** A convolution in TensorFlow.js, whose pictures are `[N, H, W, C]`; going there and back is part of the time. */
async function tensorflow({ kind, shape, data, weight, bias }) {
  for (const address of ['/tf/tf.min.js', '/tfgpu/tf-backend-webgpu.min.js']) await script(address);
  const { tf } = globalThis;
  await tf.setBackend('webgpu');
  await tf.ready();
  const filter = tf.tensor(weight.data, weight.shape).transpose([2, 3, 1, 0]);
  const shift = tf.tensor(bias.data);
  const run = async () => {
    const output = tf.tidy(() => {
      let x = tf.tensor(data, shape).transpose([0, 2, 3, 1]);
      const [none, one] = [
        [0, 0],
        [1, 1],
      ];
      if (kind === 'residual') x = x.mirrorPad([none, one, one, none], 'reflect');
      const pad = kind === 'residual' ? 0 : 1;
      return tf.fused.conv2d({ x, filter, strides: 1, pad, bias: shift }).transpose([0, 3, 1, 2]);
    });
    const result = await output.data();
    output.dispose();
    return result;
  };
  return { run, details: [`version ${tf.version.tfjs}`] };
}

function script(address) {
  return new Promise((resolve, reject) => {
    const element = document.createElement('script');
    element.src = address;
    element.onload = resolve;
    element.onerror = () => reject(new Error(`${address} does not load`));
    document.head.append(element);
  });
}

/** A convolution in jax-js, which has no padding by reflection: rows and columns are taken by their indices. */
async function jax({ kind, shape, data, weight, bias }) {
  const { init, defaultDevice, jit, lax, numpy: np } = await import('/jax/index.js');
  if (!(await init('webgpu')).includes('webgpu')) throw new Error('jax-js finds no WebGPU');
  defaultDevice('webgpu');
  const w = np.array(weight.data).reshape(weight.shape);
  const b = np.array(bias.data).reshape([1, -1, 1, 1]);
  const mirrored = (size) =>
    Int32Array.from(
      { length: size + 2 },
      (_, i) => size - 1 - Math.abs(size - 1 - Math.abs(i - 1)),
    );
  const pads = kind === 'residual' ? [0, 0] : [1, 1];
  const forward = jit((x, w, b) => {
    const padded =
      kind === 'residual'
        ? [2, 3].reduce((v, axis) => np.take(v, np.array(mirrored(shape[axis])), axis), x)
        : x;
    return lax.conv(padded, w, [1, 1], [pads, pads]).add(b);
  });
  // Each function takes over its arguments: `ref` is what keeps them.
  const run = () => forward(np.array(data).reshape(shape), w.ref, b.ref).data();
  return { run, details: ['lax.conv in one jit'] };
}
