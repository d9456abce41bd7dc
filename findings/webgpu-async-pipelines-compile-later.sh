#!/usr/bin/env bash
# webgpu (Dawn for Node) 0.6.2 on Mesa's llvmpipe 25.0.7: createComputePipelineAsync resolves before the kernel is compiled.
#
# Usual belief: who awaits createComputePipelineAsync has paid for the compiler; the specification says that the promise resolves when the
#   pipeline is ready to be used without additional delay. So programs compile all kernels at once while they start, and the first run takes
#   as long as any other.
# Behaviour: with llvmpipe, the promise resolves when WGSL has become SPIR-V and the driver has taken it; LLVM compiles it when it is
#   dispatched first, and onSubmittedWorkDone waits for that. With SwiftShader, the same Dawn has it compiled before the promise resolves.
# Seen (webgpu 0.6.2, Node 20.20; SwiftShader as Debian's Chromium brings it, and mesa-vulkan-drivers 25.0.7-2~bpo12+1 of Debian's
# backports with libllvm15 15.0.6; a kernel of 100 steps, pipeline and two runs: 871, 71 and 36 ms there, 105, 5566 and 98 ms here):
#   swiftshader: the first run takes longer than the pipeline: false
#   llvmpipe: the first run takes longer than the pipeline: true
#   llvmpipe: the first run takes ten times as long as the second: true
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-fund --no-audit --silent webgpu@0.6.2
MESA='mesa-vulkan-drivers_25.0.7-2~bpo12+1_amd64.deb'
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' | head -n 1)
curl -fsSO "${mirror}pool/main/m/mesa/$MESA"
dpkg-deb -x "$MESA" mesa
sed "s#libvulkan_lvp#$folder/mesa/usr/lib/x86_64-linux-gnu/&#" mesa/usr/share/vulkan/icd.d/lvp_icd.json >llvmpipe.json
cat >try.mjs <<'JS'
import { create } from 'webgpu';
const [, , name] = process.argv;
const gpu = create([]);
const adapter = await gpu.requestAdapter();
const device = await adapter.requestDevice();
const steps = Array.from({ length: 100 }, (_, i) => `  v = fma(v, w.yzxy, sin(v * ${i}.5f)); w += v.wzyx;`);
const code = `@group(0) @binding(0) var<storage, read_write> a: array<vec4f>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  var v = a[id.x];
  var w = v.yzwx;
${steps.join('\n')}
  a[id.x] = v + w;
}`;
async function timed(job) {
  const start = performance.now();
  const result = await job();
  return [performance.now() - start, result];
}
const module = device.createShaderModule({ code });
const [compiling, pipeline] = await timed(() =>
  device.createComputePipelineAsync({ layout: 'auto', compute: { module } }),
);
const resource = { buffer: device.createBuffer({ size: 1024, usage: 0x80 }) };
const layout = pipeline.getBindGroupLayout(0);
const group = device.createBindGroup({ layout, entries: [{ binding: 0, resource }] });
async function run() {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(1);
  pass.end();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
}
const [first] = await timed(run);
const [second] = await timed(run);
console.log(`${name}: the first run takes longer than the pipeline: ${first > compiling}`);
if (name === 'llvmpipe')
  console.log(`${name}: the first run takes ten times as long as the second: ${first > 10 * second}`);
console.error(`${name}: ${[compiling, first, second].map((ms) => ms.toFixed(0)).join(', ')} ms`);
process.exit(0);
JS
export MESA_SHADER_CACHE_DISABLE=true
try() {
  VK_DRIVER_FILES=$2 VK_ICD_FILENAMES=$2 node try.mjs "$1" 2>>log.txt
}
try swiftshader /usr/lib/chromium/vk_swiftshader_icd.json | tee seen.txt
try llvmpipe "$folder/llvmpipe.json" | tee -a seen.txt
diff - seen.txt <<'SEEN'
swiftshader: the first run takes longer than the pipeline: false
llvmpipe: the first run takes longer than the pipeline: true
llvmpipe: the first run takes ten times as long as the second: true
SEEN
