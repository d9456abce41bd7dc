import { type Device, USAGE } from '../device/device.js';
import { timeGroups } from '../device/stopwatch.js';
import { bytesOf } from '../plan/buffers.js';
import type { Kernel } from '../shader/wgsl.js';

/** What a measurement takes at least: browsers round timestamps to 0.1 ms. */
const MIN_MS = 2;
const MAX_REPEATS = 64;
const ROUNDS = 3;

/**
 * Milliseconds that a kernel takes by itself, with buffers of its own: the fastest of a few rounds.
 * @returns `Infinity` where the device refuses the kernel; `NaN` where it could not be timed now, for want of memory or because the device
 * was lost.
 */
export async function timeKernel(device: Device, kernel: Kernel): Promise<number> {
  const { gpu } = device;
  const { outcome, invalid, noRoom } = await device.inTurn(async () => {
    const buffers = kernel.bindings.map(({ buffer }) =>
      gpu.createBuffer({ size: bytesOf(buffer), usage: USAGE.storage }),
    );
    try {
      const pipeline = await device.pipeline(kernel);
      const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
      const group = gpu.createBindGroup({ layout: device.layout(kernel), entries });
      const dispatch = { pipeline, group, workgroups: kernel.workgroups };
      const time = async (repeats: number) => {
        const [milliseconds] = await timeGroups(device, [Array(repeats).fill(dispatch)]);
        return milliseconds / repeats;
      };
      const first = await time(1);
      const repeats = Math.min(MAX_REPEATS, Math.ceil(MIN_MS / Math.max(first, 1e-3)));
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < ROUNDS; round++) best = Math.min(best, await time(repeats));
      return best;
    } finally {
      for (const buffer of buffers) buffer.destroy();
    }
  });
  if (noRoom !== null || device.lost !== null) return Number.NaN;
  if (invalid !== null || ('error' in outcome && isRefusal(outcome.error))) {
    return Number.POSITIVE_INFINITY;
  }
  return 'result' in outcome ? outcome.result : Number.NaN;
}

/** Whether it is the kernel that does not compile. */
function isRefusal(error: unknown): boolean {
  return (error as { name?: unknown } | null)?.name === 'GPUPipelineError';
}
