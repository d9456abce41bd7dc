#!/usr/bin/env bash
# @tensorflow/tfjs-layers 4.22.0: a model that it built and saved has other names of weights than the same model of Keras.
#
# Usual belief: TensorFlow.js' layers are Keras' API, and model.json is one format, so the weights of the first convolution are called
#   `conv2d/kernel`, as tensorflowjs_converter writes them: what reads the one by names reads the other.
# Behaviour: a layer without a name is called by its class twice, `conv2d_Conv2D1`, with one counter for all models of the process:
#   the second model's first convolution is not number 1. They are numbered as they were made, which need not be the order within the model.
# Seen (@tensorflow/tfjs-layers 4.22.0, Node 20.20; two models of two convolutions each, the last of which was made first):
#   conv2d_Conv2D2/kernel conv2d_Conv2D2/bias conv2d_Conv2D1/kernel conv2d_Conv2D1/bias
#   conv2d_Conv2D4/kernel conv2d_Conv2D4/bias conv2d_Conv2D3/kernel conv2d_Conv2D3/bias
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-fund --no-audit --silent --ignore-scripts @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-layers@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0
cat >try.cjs <<'JS'
const tf = require('@tensorflow/tfjs-core');
require('@tensorflow/tfjs-backend-cpu');
const { layers, input, model } = require('@tensorflow/tfjs-layers');
(async () => {
  for (let i = 0; i < 2; i++) {
    const x = input({ shape: [8, 8, 3] });
    const [second, first] = [1, 2].map(() => layers.conv2d({ filters: 3, kernelSize: 3 }));
    const net = model({ inputs: x, outputs: second.apply(first.apply(x)) });
    const handler = tf.io.withSaveHandler(async ({ weightSpecs }) => {
      console.log(weightSpecs.map(({ name }) => name).join(' '));
      return { modelArtifactsInfo: {} };
    });
    await net.save(handler);
  }
})();
JS
node try.cjs | tee seen.txt
diff - seen.txt <<'SEEN'
conv2d_Conv2D2/kernel conv2d_Conv2D2/bias conv2d_Conv2D1/kernel conv2d_Conv2D1/bias
conv2d_Conv2D4/kernel conv2d_Conv2D4/bias conv2d_Conv2D3/kernel conv2d_Conv2D3/bias
SEEN
