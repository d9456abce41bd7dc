// jax-js by WebGPU, in the page of bench/gpu.mjs.

/** A runner of a layer, or of the generator, in one jit. */
export async function jax({ kind, shape, data, weights }) {
  const library = await import('/jax/index.js');
  const { init, defaultDevice, jit, numpy: np } = library;
  if (!(await init('webgpu')).includes('webgpu')) throw new Error('jax-js finds no WebGPU');
  defaultDevice('webgpu');
  // In the order in which the network reads them: each goes into the jit as an argument of its own.
  const { keys, forward } = networkOf(library, kind);
  const parameters = keys.flatMap((key) => {
    const weight = weights.get(`${key}.weight`);
    const bias = weights.get(`${key}.bias`);
    const elements = TRANSPOSED.has(key) && kind === 'network' ? mirrored(weight) : weight;
    return [
      np.array(elements.data).reshape(elements.shape),
      np.array(bias.data).reshape([1, -1, 1, 1]),
    ];
  });
  const whole = jit((x, ...arrays) => forward(x, arrays));
  // Each function takes over its arguments: `ref` is what keeps them.
  const run = () =>
    whole(np.array(data).reshape(shape), ...parameters.map((array) => array.ref)).data();
  return { run, details: ['one jit'] };
}

/** Of the generator with nine blocks. */
const TRANSPOSED = new Set(['model.19', 'model.22']);

function networkOf({ lax, nn, numpy: np }, kind) {
  const conv = (x, [w, b], stride, padding) => {
    const pads = [padding, padding];
    return lax.conv(x, w, [stride, stride], [pads, pads]).add(b);
  };
  /** 3×3, stride 2, padding 1, output padding 1: a convolution of the input with zeros between. */
  const up = (x, [w, b]) =>
    lax
      .convGeneralDilated(
        ...[x, w, [1, 1]],
        [
          [1, 2],
          [1, 2],
        ],
        { lhsDilation: [2, 2] },
      )
      .add(b);
  // There is no padding by reflection: rows and columns are taken by their indices.
  const pad = (x, p) =>
    [2, 3].reduce((v, axis) => {
      const last = v.shape[axis] - 1;
      const place = (i) => last - Math.abs(last - Math.abs(i - p));
      const indices = Int32Array.from({ length: last + 1 + 2 * p }, (_, i) => place(i));
      return np.take(v, np.array(indices), axis);
    }, x);
  const norm = (x) => {
    const centered = x.ref.sub(x.mean([2, 3], { keepdims: true }));
    const variance = np.square(centered.ref).mean([2, 3], { keepdims: true });
    return centered.mul(np.reciprocal(np.sqrt(variance.add(1e-5))));
  };
  if (kind === 'residual') return { keys: ['1'], forward: (x, all) => conv(pad(x, 1), all, 1, 0) };
  if (kind === 'convolution') return { keys: ['0'], forward: (x, all) => conv(x, all, 1, 1) };
  const blocks = Array.from({ length: 9 }, (_, i) => 10 + i);
  const inner = blocks.flatMap((i) => [`model.${i}.conv_block.1`, `model.${i}.conv_block.5`]);
  const keys = ['model.1', 'model.4', 'model.7', ...inner, 'model.19', 'model.22', 'model.26'];
  const forward = (x, all) => {
    const next = () => all.splice(0, 2);
    const normRelu = (y) => nn.relu(norm(y));
    let y = normRelu(conv(pad(x, 3), next(), 1, 0));
    for (let i = 0; i < 2; i++) y = normRelu(conv(y, next(), 2, 1));
    for (let i = 0; i < 9; i++) {
      const half = normRelu(conv(pad(y.ref, 1), next(), 1, 0));
      y = y.add(norm(conv(pad(half, 1), next(), 1, 0)));
    }
    for (let i = 0; i < 2; i++) y = normRelu(up(y, next()));
    return np.tanh(conv(pad(y, 3), next(), 1, 0));
  };
  return { keys, forward };
}

/** Kernels of a transposed convolution, `[in, out, kh, kw]`, as those of the convolution that does the same: `[out, in, …]`, mirrored. */
function mirrored({ data, shape: [inputs, outputs, height, width] }) {
  const taps = height * width;
  const to = new Float32Array(data.length);
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs; o++) {
      for (let tap = 0; tap < taps; tap++) {
        to[(o * inputs + i) * taps + tap] = data[(i * outputs + o) * taps + taps - 1 - tap];
      }
    }
  }
  return { data: to, shape: [outputs, inputs, height, width] };
}
