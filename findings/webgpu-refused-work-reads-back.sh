#!/usr/bin/env bash
# webgpu (Dawn for Node) 0.6.2: work that the GPU refuses is read back as if it had run.
#
# Usual belief: when a submission is invalid, something on the way to its result fails: submit throws, onSubmittedWorkDone or mapAsync
#   rejects. Who awaits mapAsync has the kernel's numbers or an exception.
# Behaviour: none of them fails. The submission is dropped as a whole, the copy into the read-back buffer included; mapAsync resolves, and
#   the buffer holds what it held before: zeros, or the numbers of an earlier run. Only an error scope around the encoding and the
#   submission, or the event `uncapturederror`, tells. Here the kernel is refused since one buffer is bound twice for writing,
#   x * x say, though it reads by one of the two alone.
# Seen (webgpu 0.6.2, Node 20.20 and 24.22, on SwiftShader as Debian's Chromium brings it, /usr/lib/chromium; a kernel that doubles 1 2 3 4):
#   bound once: 2 4 6 8, no error
#   bound twice: 2 4 6 8, an error of validation
#   bound twice, into a new buffer: 0 0 0 0, an error of validation
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-fund --no-audit --silent webgpu@0.6.2
cat >try.mjs <<'JS'
import { create } from 'webgpu';

const [STORAGE, COPY_SRC, COPY_DST, MAP_READ] = [0x80, 0x4, 0x8, 0x1];
const gpu = create([]);
const adapter = await gpu.requestAdapter();
const device = await adapter.requestDevice();
const module = device.createShaderModule({
  code: `@group(0) @binding(0) var<storage, read_write> a: array<f32>;
@group(0) @binding(1) var<storage, read_write> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> to: array<f32>;
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) i: u32) { to[i] = a[i] + b[i]; }`,
});
const entries = [0, 1, 2].map((binding) => ({ binding, visibility: 4, buffer: { type: 'storage' } }));
const bindGroupLayout = device.createBindGroupLayout({ entries });
const layout = device.createPipelineLayout({ bindGroupLayouts: [bindGroupLayout] });
const pipeline = device.createComputePipeline({ layout, compute: { module } });
const buffer = (usage) => device.createBuffer({ size: 16, usage });
const inputs = [1, 2].map(() => {
  const made = buffer(STORAGE | COPY_DST);
  device.queue.writeBuffer(made, 0, Float32Array.of(1, 2, 3, 4));
  return made;
});
const result = buffer(STORAGE | COPY_SRC);

async function run(name, a, b, readback) {
  device.pushErrorScope('validation');
  const bound = [a, b, result].map((buffer, binding) => ({ binding, resource: { buffer } }));
  const group = device.createBindGroup({ layout: bindGroupLayout, entries: bound });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(result, 0, readback, 0, 16);
  device.queue.submit([encoder.finish()]);
  const error = await device.popErrorScope();
  await device.queue.onSubmittedWorkDone();
  await readback.mapAsync(1);
  const numbers = [...new Float32Array(readback.getMappedRange())].join(' ');
  readback.unmap();
  console.log(`${name}: ${numbers}, ${error === null ? 'no error' : 'an error of validation'}`);
}

const readback = buffer(MAP_READ | COPY_DST);
await run('bound once', inputs[0], inputs[1], readback);
await run('bound twice', inputs[0], inputs[0], readback);
await run('bound twice, into a new buffer', inputs[0], inputs[0], buffer(MAP_READ | COPY_DST));
JS
export VK_DRIVER_FILES=/usr/lib/chromium/vk_swiftshader_icd.json VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json
node try.mjs 2>/dev/null | tee seen.txt
diff - seen.txt <<'SEEN'
bound once: 2 4 6 8, no error
bound twice: 2 4 6 8, an error of validation
bound twice, into a new buffer: 0 0 0 0, an error of validation
SEEN
