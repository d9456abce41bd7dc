import { afterEach, describe, expect, it, vi } from 'vitest';
import { selfCheck } from '../../src/engine/shared/selfCheck.js';
import type { Device } from '../../src/engine/webgpu/device/device.js';
import { chooseVariant } from '../../src/engine/webgpu/variants.js';
import { CycleganError } from '../../src/errors.js';

// What the self-check finds is the test's own: no GPU is needed.
vi.mock('../../src/engine/shared/selfCheck.js', () => ({ selfCheck: vi.fn() }));

afterEach(() => {
  vi.resetAllMocks();
});

type Check = Awaited<ReturnType<typeof selfCheck>>;

function newDevice(isLost = false): Device {
  const memory = { notes: { checks: {}, tiles: {} }, keep: vi.fn() };
  return { name: 'a GPU', memory, isLost: async () => isLost } as unknown as Device;
}

/** What becomes of the variants, fastest first. */
function checksGive(...results: readonly (Check | Error)[]): void {
  for (const result of results) {
    const mock = vi.mocked(selfCheck);
    if (result instanceof Error) mock.mockRejectedValueOnce(result);
    else mock.mockResolvedValueOnce(result);
  }
}

const RIGHT = { passed: true, difference: 1e-6 };
const WRONG = { passed: false, difference: 0.3 };
const REFUSED = new CycleganError('ERR_ENGINE_UNAVAILABLE', 'The GPU refuses a kernel.');

describe('the variant of a GPU', () => {
  it('is Winograd where that is right, and is checked once', async () => {
    checksGive(RIGHT);
    const device = newDevice();
    const expected = { variant: 'winograd', notes: ['variant winograd'] };
    expect(await chooseVariant(device, 'f32')).toEqual(expected);
    expect(await chooseVariant(device, 'f32')).toEqual(expected);
    expect(selfCheck).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['computes other numbers', WRONG, 'winograd is not used: it was off by 0.3 in the self-check'],
    ['is refused by the driver', REFUSED, 'winograd is not used: The GPU refuses a kernel.'],
  ])('is direct where Winograd %s, and says so', async (_, found, note) => {
    checksGive(found, RIGHT);
    const { variant, notes } = await chooseVariant(newDevice(), 'f32');
    expect(variant).toBe('direct');
    expect(notes).toEqual([note, 'variant direct']);
  });

  it('is none where neither is right', async () => {
    checksGive(WRONG, REFUSED);
    const choosing = chooseVariant(newDevice(), 'f32');
    await expect(choosing).rejects.toMatchObject({ code: 'ERR_ENGINE_UNAVAILABLE' });
    await expect(choosing).rejects.toThrow(/a GPU.*off by 0\.3.*refuses a kernel/);
  });

  it('is not given up for a refusal that comes of a loss, which the next device knows nothing of', async () => {
    checksGive(REFUSED);
    const device = newDevice(true);
    await expect(chooseVariant(device, 'f32')).rejects.toBe(REFUSED);
    expect(device.memory.notes.checks).toEqual({});
    expect(device.memory.keep).not.toHaveBeenCalled();
  });

  it('is looked for anew after what is no fault of the kernels', async () => {
    checksGive(new CycleganError('ERR_TOO_LARGE', 'no room'), RIGHT);
    const device = newDevice();
    await expect(chooseVariant(device, 'f32')).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
    expect((await chooseVariant(device, 'f32')).variant).toBe('winograd');
  });
});
