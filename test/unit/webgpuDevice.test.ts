import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Device } from '../../src/engine/webgpu/device/device.js';
import { SUBGROUP_MATRICES } from '../../src/engine/webgpu/device/matrixShapes.js';

/** Adapters are the tests' own: no GPU is needed. */
const { findAdapter } = vi.hoisted(() => ({ findAdapter: vi.fn() }));
vi.mock('../../src/engine/webgpu/device/gpu.js', async (original) => ({
  ...(await original<typeof import('../../src/engine/webgpu/device/gpu.js')>()),
  findAdapter,
}));

afterEach(() => {
  vi.resetAllMocks();
  vi.resetModules();
});

/** Gives adapters that list these features; what each was asked for, and the ways to lose their devices. */
function adaptersWith(listed: readonly string[], refuses: (asked: readonly string[]) => boolean) {
  const asked: (readonly string[])[] = [];
  const losses: (() => void)[] = [];
  findAdapter.mockImplementation(async () => ({
    info: { vendor: 'v', architecture: '', device: '', description: 'a GPU' },
    features: new Set(listed),
    limits: {},
    requestDevice: async ({ requiredFeatures }: { requiredFeatures: readonly string[] }) => {
      asked.push(requiredFeatures);
      if (refuses(requiredFeatures)) throw new Error('the driver refuses');
      const lost = new Promise((resolve) => losses.push(() => resolve({ message: 'reset' })));
      return { features: new Set(requiredFeatures), limits: {}, lost };
    },
  }));
  return { asked, losses };
}

/** As after a new start. */
async function opener() {
  const { openDevice } = await import('../../src/engine/webgpu/device/device.js');
  return openDevice;
}

const LISTED = ['subgroups', SUBGROUP_MATRICES];
const isDraft = (asked: readonly string[]) => asked.includes(SUBGROUP_MATRICES);

describe('a device with drafts of the standard', () => {
  it('is opened without them where it cannot be had with them', async () => {
    const { asked } = adaptersWith(LISTED, isDraft);
    const openDevice = await opener();
    expect(await openDevice()).toHaveProperty('name', 'a GPU');
    expect(asked).toEqual([LISTED, ['subgroups']]);
    // An adapter gives one device.
    expect(findAdapter).toHaveBeenCalledTimes(2);
  });

  it('is opened without them once it was lost, and has other notes then', async () => {
    const { asked, losses } = adaptersWith(LISTED, () => false);
    const openDevice = await opener();
    const first = (await openDevice()) as Device;
    expect(await openDevice()).toBe(first);
    losses[0]();
    await first.gpu.lost;
    const second = (await openDevice()) as Device;
    expect(asked).toEqual([LISTED, ['subgroups']]);
    expect(second.memory).not.toBe(first.memory);
  });
});

describe('a device without drafts', () => {
  it('is not asked for again where it is refused', async () => {
    const { asked } = adaptersWith(['subgroups'], () => true);
    const openDevice = await opener();
    const reason = expect.stringContaining('the driver refuses');
    expect(await openDevice()).toEqual({ reason });
    expect(asked).toEqual([['subgroups']]);
  });

  it('keeps its notes when it is lost', async () => {
    const { losses } = adaptersWith(['subgroups'], () => false);
    const openDevice = await opener();
    const first = (await openDevice()) as Device;
    losses[0]();
    await first.gpu.lost;
    expect(((await openDevice()) as Device).memory).toBe(first.memory);
  });
});
