import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Device } from '../../src/engine/webgpu/device/device.js';
import { timeGroups } from '../../src/engine/webgpu/device/stopwatch.js';
import type { Kernel } from '../../src/engine/webgpu/shader/wgsl.js';
import { timeKernel } from '../../src/engine/webgpu/tuning/timeKernel.js';

// What a device's clock says is the test's own: no GPU is needed.
vi.mock('../../src/engine/webgpu/device/stopwatch.js', () => ({ timeGroups: vi.fn() }));

afterEach(() => {
  vi.restoreAllMocks();
  vi.resetAllMocks();
});

const KERNEL = { bindings: [], workgroups: [1, 1, 1] } as unknown as Kernel;

/** A device that takes all that it is given. */
const DEVICE = {
  gpu: { createBindGroup: () => ({}) },
  lost: null,
  layout: () => ({}),
  pipeline: async () => ({}),
  inTurn: async <T>(job: () => Promise<T>) => ({
    outcome: { result: await job() },
    invalid: null,
    noRoom: null,
  }),
} as unknown as Device;

/** Has a kernel take so many milliseconds, by a clock that stands still between its ticks. @returns How many there were at a time. */
function clockOf(milliseconds: number, tick: number): number[] {
  const counts: number[] = [];
  vi.mocked(timeGroups).mockImplementation(async (_, [group]) => {
    counts.push(group.length);
    return [Math.floor((group.length * milliseconds) / tick) * tick];
  });
  return counts;
}

describe('the time of a kernel', () => {
  it.each([0.003, 0.02, 0.17])('of %d ms is known to a tenth by a clock of 0.1 ms', async (ms) => {
    clockOf(ms, 0.1);
    const found = await timeKernel(DEVICE, KERNEL);
    expect(Math.abs(found / ms - 1)).toBeLessThan(0.1);
  });

  it('takes few runs of one that is long', async () => {
    const counts = clockOf(40, 0.1);
    expect(await timeKernel(DEVICE, KERNEL)).toBeCloseTo(40, 6);
    expect(counts).toEqual([1, 1, 1]);
  });

  it('takes no run for as long as systems reset a GPU for, where its clock stands still', async () => {
    let now = 0;
    const counts: number[] = [];
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    vi.mocked(timeGroups).mockImplementation(async (_, [group]) => {
      counts.push(group.length);
      now += 20 * group.length;
      return [0];
    });
    expect(await timeKernel(DEVICE, KERNEL)).toBeNaN();
    expect(20 * Math.max(...counts)).toBeLessThan(2000);
  });

  it('is unknown where the clock stands still', async () => {
    vi.mocked(timeGroups).mockResolvedValue([0]);
    expect(await timeKernel(DEVICE, KERNEL)).toBeNaN();
  });
});
