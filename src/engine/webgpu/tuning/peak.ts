import { CycleganError } from '../../../errors.js';
import type { Peak } from '../../engine.js';
import type { Device } from '../device/device.js';
import { newArenaBuffer } from '../plan/buffers.js';
import { kernel, repeat } from '../shader/wgsl.js';
import { timeKernel } from './timeKernel.js';

const THREADS = 64;
/** Sums of a thread, none of which waits for another. */
const SUMS = 8;
const TURNS = 256;
const READ_BYTES = 64 * 2 ** 20;
/** Vectors that a thread reads. */
const READS = 16;
/** Work is doubled until it takes so long, or fills the largest GPU. */
const MIN_MS = 5;
const MAX_GROUPS = 2 ** 14;

/** What a device reaches with kernels that do nothing but multiply-adds of vectors, and nothing but reads. */
export async function measureDevicePeak(device: Device, threads: number): Promise<Peak> {
  let groups = 1;
  let milliseconds = await timeKernel(device, multiplyKernel(groups));
  while (milliseconds < MIN_MS && groups < MAX_GROUPS) {
    groups *= 4;
    milliseconds = await timeKernel(device, multiplyKernel(groups));
  }
  const operations = groups * THREADS * TURNS * SUMS * 4 * 2;
  const reading = await timeKernel(device, readKernel());
  if (!Number.isFinite(milliseconds + reading)) {
    throw new CycleganError(
      'ERR_ENGINE_UNAVAILABLE',
      `The GPU (${device.name}) runs no kernels that measure it.`,
    );
  }
  const [gflops, gigabytesPerSecond] = [operations / milliseconds, READ_BYTES / reading].map(
    (perMillisecond) => perMillisecond / 1e6,
  );
  return { threads, gflops, gigabytesPerSecond };
}

function multiplyKernel(groups: number) {
  return kernel({
    label: 'peak of multiply-adds',
    bindings: [
      { name: 'sums', element: 'vec4f', buffer: newArenaBuffer(groups * THREADS * 4, 'f32') },
    ],
    workgroupSize: [THREADS, 1],
    workgroups: [groups, 1, 1],
    // What is read is zero, but no compiler knows.
    body: `  let index = group.x * ${THREADS}u + local.x;
  let x = sums[index];
${repeat(SUMS, (i) => `  var s_${i} = x + ${i}f;`)}
  for (var turn = 0u; turn < ${TURNS}u; turn++) {
${repeat(SUMS, (i) => `    s_${i} = fma(s_${i}, x, x);`)}
  }
  sums[index] = ${Array.from({ length: SUMS }, (_, i) => `s_${i}`).join(' + ')};`,
  });
}

function readKernel() {
  const vectors = READ_BYTES / 16;
  const threads = vectors / READS;
  return kernel({
    label: 'peak of reads',
    bindings: [
      { name: 'from_', element: 'vec4f', buffer: newArenaBuffer(READ_BYTES / 4, 'f32') },
      { name: 'sums', element: 'vec4f', buffer: newArenaBuffer(threads * 4, 'f32') },
    ],
    workgroupSize: [THREADS, 1],
    workgroups: [threads / THREADS, 1, 1],
    body: `  let index = group.x * ${THREADS}u + local.x;
  var sum = vec4f(0);
  for (var i = 0u; i < ${READS}u; i++) { sum += from_[i * ${threads}u + index]; }
  sums[index] = sum;`,
  });
}
