// TensorFlow.js by WebGPU, in the page of bench/gpu.mjs. Its pictures are `[N, H, W, C]`: going there and back is part of the time.

/** A runner of a layer, or of the generator. */
export async function tensorflow({ kind, shape, data, weights }) {
  for (const address of ['/tf/tf.min.js', '/tfgpu/tf-backend-webgpu.min.js']) await script(address);
  const { tf } = globalThis;
  if (!(await tf.setBackend('webgpu'))) throw new Error('TensorFlow.js finds no WebGPU');
  await tf.ready();
  const forward = networkOf(tf, kind, weights);
  const run = async () => {
    const output = tf.tidy(() =>
      forward(tf.tensor(data, shape).transpose([0, 2, 3, 1])).transpose([0, 3, 1, 2]),
    );
    const result = await output.data();
    output.dispose();
    return result;
  };
  return { run, details: [`version ${tf.version.tfjs}`] };
}

function networkOf(tf, kind, weights) {
  const conv = (key, strides, pad) => {
    const filter = filterOf(key);
    const bias = tf.tensor(weights.get(`${key}.bias`).data);
    return (x) => tf.fused.conv2d({ x, filter, strides, pad, bias });
  };
  /** `[out, in, kh, kw]` becomes `[kh, kw, in, out]`, and of a transposed one `[in, out, kh, kw]` becomes `[kh, kw, out, in]`. */
  function filterOf(key) {
    const { data, shape } = weights.get(`${key}.weight`);
    return tf.tidy(() => tf.tensor(data, shape).transpose([2, 3, 1, 0]));
  }
  const up = (key) => {
    const filter = filterOf(key);
    const bias = tf.tensor(weights.get(`${key}.bias`).data);
    return (x) => {
      const [n, height, width] = x.shape;
      const outputShape = [n, 2 * height, 2 * width, filter.shape[2]];
      return tf.conv2dTranspose(x, filter, outputShape, 2, 1).add(bias);
    };
  };
  const pad = (p) => (x) =>
    x.mirrorPad(
      [
        [0, 0],
        [p, p],
        [p, p],
        [0, 0],
      ],
      'reflect',
    );
  const norm = (x) => {
    const { mean, variance } = tf.moments(x, [1, 2], true);
    return x.sub(mean).mul(variance.add(1e-5).rsqrt());
  };
  const sequence =
    (...steps) =>
    (first) =>
      steps.reduce((x, step) => step(x), first);
  if (kind === 'residual') return sequence(pad(1), conv('1', 1, 0));
  if (kind === 'convolution') return conv('0', 1, 1);
  const normRelu = sequence(norm, tf.relu);
  const block = (i) => {
    const inner = sequence(
      ...[pad(1), conv(`model.${i}.conv_block.1`, 1, 0), normRelu],
      ...[pad(1), conv(`model.${i}.conv_block.5`, 1, 0), norm],
    );
    return (x) => x.add(inner(x));
  };
  return sequence(
    ...[pad(3), conv('model.1', 1, 0), normRelu],
    ...[conv('model.4', 2, 1), normRelu, conv('model.7', 2, 1), normRelu],
    ...Array.from({ length: 9 }, (_, i) => block(10 + i)),
    ...[up('model.19'), normRelu, up('model.22'), normRelu],
    ...[pad(3), conv('model.26', 1, 0), tf.tanh],
  );
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
