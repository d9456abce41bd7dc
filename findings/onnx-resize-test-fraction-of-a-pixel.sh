#!/usr/bin/env bash
# onnx 1.12.0 (Debian libonnx-testdata 1.12.0-2) and onnxruntime-node 1.20.1: what ONNX's own test expects of a Resize is not what ONNX Runtime computes.
#
# Usual belief: the test data that ONNX publishes for an operator is the reference, and a runtime that says it supports the operator passes it.
# Behaviour: test_resize_downsample_scales_cubic_align_corners makes 4 pixels into floor(0.8 * 4) = 3. By align_corners the last of them is
#   the last pixel of the input, which is what ONNX Runtime makes of it: 16. The expected output divides by 0.8 * 4 - 1 = 2.2
#   in place of 3 - 1, so that no output stands on the last corner: 14.95. An importer that is tested against both cannot pass.
# Seen (Node 20.20; 1 to 16 as [1, 1, 4, 4]):
#   expected: 1.00 2.40 3.79 6.58 7.98 9.37 12.16 13.56 14.95
#   runtime: 1.00 2.50 4.00 7.00 8.50 10.00 13.00 14.50 16.00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq libonnx-testdata=1.12.0-2 2>/dev/null
dpkg -x libonnx-testdata_*.deb .
npm init -y >/dev/null
# The binaries for the CPU are in the package; its script would fetch those for a GPU.
npm install --no-fund --no-audit --silent --ignore-scripts onnxruntime-node@1.20.1
cat >try.cjs <<'JS'
const { readFileSync } = require('node:fs');
const { InferenceSession, Tensor } = require('onnxruntime-node');
const test = 'usr/share/libonnx-testdata/data/node/test_resize_downsample_scales_cubic_align_corners';
const shown = (name, values) =>
  console.log(`${name}: ${Array.from(values, (v) => v.toFixed(2)).join(' ')}`);
// The numbers are the last bytes of a TensorProto.
const numbers = (file, count) => {
  const bytes = readFileSync(`${test}/test_data_set_0/${file}`);
  return new Float32Array(new Uint8Array(bytes.subarray(-4 * count)).buffer);
};
(async () => {
  const session = await InferenceSession.create(`${test}/model.onnx`, { logSeverityLevel: 3 });
  const { Y } = await session.run({
    X: new Tensor('float32', numbers('input_0.pb', 16), [1, 1, 4, 4]),
    scales: new Tensor('float32', numbers('input_1.pb', 4), [4]),
  });
  shown('expected', numbers('output_0.pb', 9));
  shown('runtime', Y.data);
})();
JS
node try.cjs | tee seen.txt
diff - seen.txt <<'SEEN'
expected: 1.00 2.40 3.79 6.58 7.98 9.37 12.16 13.56 14.95
runtime: 1.00 2.50 4.00 7.00 8.50 10.00 13.00 14.50 16.00
SEEN
