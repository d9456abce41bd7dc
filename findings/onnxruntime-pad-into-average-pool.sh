#!/usr/bin/env bash
# onnxruntime-node 1.20.1: at its default level of optimisation, a Pad before an AveragePool changes what the model computes.
#
# Usual belief: graph optimisations of ONNX Runtime keep the results, but for rounding; a border of zeros that a Pad puts around is a part
#   of the picture for the pool behind it, which has no pads of its own. torch.onnx.export writes avg_pool2d(x, 3, 1, 1) in
#   just that way, since its zeros count (count_include_pad=True).
# Behaviour: from `basic` on, the Pad is fused into the pool's own pads, which do not count where count_include_pad is 0, the default. Means at
#   the border are then of fewer elements: for ones, 1 in place of 4/9. Only `disabled` gives what ONNX says and PyTorch computes.
# Seen (onnxruntime-node 1.20.1, Node 20.20; ones of [1, 1, 2, 2], a border of one, a pool of 3 x 3):
#   disabled: 0.4444 0.4444 0.4444 0.4444
#   basic: 1.0000 1.0000 1.0000 1.0000
#   all: 1.0000 1.0000 1.0000 1.0000
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
# The binaries for the CPU are in the package; its script would fetch those for a GPU.
npm install --no-fund --no-audit --silent --ignore-scripts onnxruntime-node@1.20.1
cat >try.cjs <<'JS'
const { InferenceSession, Tensor } = require('onnxruntime-node');
// Made with onnx.helper of onnx 1.12, and checked by onnx.checker: Pad (constant, 1 on each side), AveragePool (3 x 3, stride 1), opset 13.
const model = Buffer.from(
  'CAc68QEKJgoBeAoEcGFkcxIBcCIDUGFkKhMKBG1vZGUiCGNvbnN0YW50oAEDCjwKAXASAXkiC0F2ZXJhZ2VQb29sKhUKDGtlcm5lbF9zaGFwZUADQAOgAQcqEAoHc3RyaWRlc0ABQAGgAQcSAWcqTAgIEAdCBHBhZHNKQAAAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEAAAAAAAAAAQAAAAAAAABaGwoBeBIWChQIARIQCgIIAQoCCAEKAggCCgIIAmIbCgF5EhYKFAgBEhAKAggBCgIIAQoCCAIKAggCQgQKABAN',
  'base64',
);
(async () => {
  for (const graphOptimizationLevel of ['disabled', 'basic', 'all']) {
    const session = await InferenceSession.create(model, { graphOptimizationLevel, logSeverityLevel: 3 });
    const { y } = await session.run({ x: new Tensor('float32', new Float32Array(4).fill(1), [1, 1, 2, 2]) });
    console.log(`${graphOptimizationLevel}: ${Array.from(y.data, (v) => v.toFixed(4)).join(' ')}`);
  }
})();
JS
node try.cjs | tee seen.txt
diff - seen.txt <<'SEEN'
disabled: 0.4444 0.4444 0.4444 0.4444
basic: 1.0000 1.0000 1.0000 1.0000
all: 1.0000 1.0000 1.0000 1.0000
SEEN
