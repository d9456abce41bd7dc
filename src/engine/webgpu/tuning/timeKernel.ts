import { type Device, USAGE } from '../device/device.js';
import { timeGroups } from '../device/stopwatch.js';
import { bytesOf } from '../plan/buffers.js';
import { refusalOf } from '../resources.js';
import type { Kernel } from '../shader/wgsl.js';

/** What a measurement takes at least: browsers round timestamps to 0.1 ms. */
const MIN_MS = 2;
const MAX_REPEATS = 1024;
/** How many more repeats there are at a time, at most: what one took is known roughly. */
const MAX_GROWTH = 8;
const ROUNDS = 3;
/** What took so long by our own clock is not repeated more often, whatever the device's says: systems reset a GPU that is busy for two seconds. */
const MAX_BUSY_MS = 100;

/**
 * Milliseconds that a kernel takes by itself, with buffers of its own: the fastest of a few rounds.
 * @returns `Infinity` where the device refuses the kernel; `NaN` where it could not be timed now: for want of memory, because the device
 * was lost, or because its clock stood still.
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
        return milliseconds;
      };
      let repeats = 1;
      let best = await time(repeats);
      let busy = 0;
      while (best < MIN_MS && repeats < MAX_REPEATS && busy < MAX_BUSY_MS) {
        const growth = Math.min(MAX_GROWTH, Math.max(2, MIN_MS / best));
        repeats = Math.min(MAX_REPEATS, Math.ceil(repeats * growth));
        const start = performance.now();
        best = await time(repeats);
        busy = performance.now() - start;
      }
      for (let round = 1; round < ROUNDS; round++) best = Math.min(best, await time(repeats));
      return best > 0 ? best / repeats : Number.NaN;
    } finally {
      for (const buffer of buffers) buffer.destroy();
    }
  });
  if (noRoom !== null || device.lost !== null) return Number.NaN;
  if (invalid !== null || ('error' in outcome && refusalOf(outcome.error) !== null)) {
    return Number.POSITIVE_INFINITY;
  }
  return 'result' in outcome ? outcome.result : Number.NaN;
}
