#!/usr/bin/env bash
# webgpu (Dawn for Node) 0.6.2: timestamps of the GPU are rounded to 65.536 µs, in a program of one's own, too.
#
# Usual belief: rounded timestamps are a page's lot, for which browsers have a reason; a native program that has the feature
#   `timestamp-query` gets the GPU's own nanoseconds, and a kernel's time is the difference of two.
# Behaviour: all timestamps are multiples of 2^16 ns, so a kernel shorter than that takes 0, or 65.536 µs. Nothing says so. The flag
#   `disable-dawn-features=timestamp_quantization` of `create` turns that off.
# Seen (webgpu 0.6.2, Node 20.20, on SwiftShader as Debian's Chromium brings it, /usr/lib/chromium; eight timestamps of four empty passes):
#   as it is: 8 of 8 are multiples of 65536
#   without quantization: 0 of 8 are multiples of 65536
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-fund --no-audit --silent webgpu@0.6.2
cat >try.mjs <<'JS'
import { create } from 'webgpu';

const [MAP_READ, COPY_SRC, COPY_DST, QUERY_RESOLVE] = [0x1, 0x4, 0x8, 0x200];
const COUNT = 8;

// They have to outlive what comes of them.
const gpus = [];

async function timestamps(flags) {
  gpus.push(create(flags));
  const adapter = await gpus.at(-1).requestAdapter();
  const device = await adapter.requestDevice({ requiredFeatures: ['timestamp-query'] });
  const querySet = device.createQuerySet({ type: 'timestamp', count: COUNT });
  const buffer = (usage) => device.createBuffer({ size: 8 * COUNT, usage });
  const [resolved, readback] = [buffer(QUERY_RESOLVE | COPY_SRC), buffer(MAP_READ | COPY_DST)];
  const encoder = device.createCommandEncoder();
  for (let i = 0; i < COUNT; i += 2) {
    const writes = { beginningOfPassWriteIndex: i, endOfPassWriteIndex: i + 1 };
    encoder.beginComputePass({ timestampWrites: { querySet, ...writes } }).end();
  }
  encoder.resolveQuerySet(querySet, 0, COUNT, resolved, 0);
  encoder.copyBufferToBuffer(resolved, 0, readback, 0, 8 * COUNT);
  device.queue.submit([encoder.finish()]);
  await readback.mapAsync(1);
  return [...new BigUint64Array(readback.getMappedRange())];
}

for (const [name, flags] of [
  ['as it is', []],
  ['without quantization', ['disable-dawn-features=timestamp_quantization']],
]) {
  const times = await timestamps(flags);
  const rounded = times.filter((time) => time % 65536n === 0n);
  console.log(`${name}: ${rounded.length} of ${times.length} are multiples of 65536`);
}
process.exit(0);
JS
export VK_DRIVER_FILES=/usr/lib/chromium/vk_swiftshader_icd.json VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json
node try.mjs 2>/dev/null | tee seen.txt
diff - seen.txt <<'SEEN'
as it is: 8 of 8 are multiples of 65536
without quantization: 0 of 8 are multiples of 65536
SEEN
