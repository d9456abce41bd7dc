import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Planned } from '../../src/engine/webgpu/buildProgram.js';
import { Device, openDevice } from '../../src/engine/webgpu/device/device.js';
import { NoGpu } from '../../src/engine/webgpu/device/gpu.js';
import type { Plan } from '../../src/engine/webgpu/plan/plan.js';
import { Resources } from '../../src/engine/webgpu/resources.js';
import { WebgpuProgram } from '../../src/engine/webgpu/webgpuProgram.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { reluOperator } from '../../src/tensor/relu.js';
import { Tensor } from '../../src/tensor/tensor.js';

// Devices are the tests' own: no GPU is needed.
vi.mock('../../src/engine/webgpu/device/device.js', async (original) => ({
  ...(await original<typeof import('../../src/engine/webgpu/device/device.js')>()),
  openDevice: vi.fn(),
}));
vi.mock('../../src/engine/webgpu/resources.js', () => ({ Resources: { make: vi.fn() } }));

afterEach(() => {
  vi.resetAllMocks();
});

const SHAPE = [1, 1, 1, 2];
const INPUT = new Tensor(Float32Array.of(-1, 2), SHAPE);

/** A device that computes `value` everywhere, or is lost as soon as something runs there. */
function newDevice(name: string, value: number | null): Device {
  let lose: (why: { message: string }) => void = () => undefined;
  const readback = {
    size: 8,
    mapAsync: async () => undefined,
    getMappedRange: () => Float32Array.of(value ?? 0, value ?? 0).buffer,
    destroy: () => undefined,
  };
  const gpu = {
    features: new Set(),
    lost: new Promise<{ message: string }>((resolve) => {
      lose = resolve;
    }),
    limits: { maxBufferSize: 2 ** 20 },
    createBuffer: () => readback,
    pushErrorScope: () => undefined,
    popErrorScope: async () => null,
  };
  const info = { vendor: '', architecture: '', device: '', description: name };
  const device = new Device(gpu as unknown as GPUDevice, { info } as unknown as GPUAdapter);
  readback.mapAsync = async () => {
    if (value !== null) return;
    // The call fails first, and the loss is told afterwards.
    setTimeout(() => lose({ message: `${name} fell off the bus` }), 5);
    throw new Error('mapAsync failed');
  };
  return device;
}

function resourcesOn(device: Device, plan: Plan) {
  const resources = {
    ...{ device, plan, bytes: 1e6, outputBytes: 8 },
    run: vi.fn(async () => undefined),
    destroy: vi.fn(),
  };
  return resources as typeof resources & Resources;
}

const planNamed = (name: string): Plan => ({
  preparation: [],
  dispatches: [],
  arenaBytes: name.length,
  inputs: [],
  outputs: [{ bytes: 8 } as Plan['outputs'][number]],
});

/** A program on a first device, and what is made when that is lost. */
function programOn(first: Device, planAnew: ((device: Device) => Promise<Planned>) | null) {
  const g = new GraphBuilder(SHAPE);
  const graph = g.finish(g.apply(reluOperator, [g.input], {}));
  const resources = resourcesOn(first, planNamed('first'));
  vi.mocked(Resources.make).mockImplementation(async (device, plan) => resourcesOn(device, plan));
  const program = new WebgpuProgram(graph, resources, ['the first variant'], planAnew);
  return { program, resources };
}

const planAnewBy = () =>
  vi.fn(async (): Promise<Planned> => ({ plan: planNamed('another'), notes: ['another variant'] }));

describe('a GPU that is lost', () => {
  it('is followed by another, for which the network is planned anew, once', async () => {
    const [first, second] = [newDevice('first', null), newDevice('second', 7)];
    const planAnew = planAnewBy();
    const { program, resources } = programOn(first, planAnew);
    program.addDetail('16 bits, off by 0');
    vi.mocked(openDevice).mockResolvedValue(second);
    expect((await program.run(INPUT)).data).toEqual(Float32Array.of(7, 7));
    expect(planAnew.mock.calls).toEqual([[second]]);
    expect(Resources.make).toHaveBeenCalledTimes(1);
    expect(vi.mocked(Resources.make).mock.calls[0][1]).toEqual(planNamed('another'));
    expect(resources.destroy).toHaveBeenCalledTimes(1);
    expect(program.details).toEqual([
      ...['second', '0 dispatches', '1 MB on the device'],
      ...['another variant', '16 bits, off by 0'],
    ]);
    // From now on, it is there.
    await program.run(INPUT);
    expect(Resources.make).toHaveBeenCalledTimes(1);
  });

  it('is an error by name where the next is lost, too, and no third is asked for', async () => {
    const { program } = programOn(newDevice('first', null), planAnewBy());
    vi.mocked(openDevice).mockResolvedValue(newDevice('second', null));
    const running = program.run(INPUT);
    await expect(running).rejects.toMatchObject({ code: 'ERR_DEVICE_LOST' });
    await expect(running).rejects.toThrow(
      'The GPU (second) was lost (second fell off the bus), and could not be had anew: it was lost again.',
    );
    expect(Resources.make).toHaveBeenCalledTimes(1);
    expect(openDevice).toHaveBeenCalledTimes(1);
  });

  it('is an error by name where the next is lost while the network is put there', async () => {
    const second = newDevice('second', null);
    const { program } = programOn(newDevice('first', null), planAnewBy());
    vi.mocked(openDevice).mockResolvedValue(second);
    vi.mocked(Resources.make).mockImplementation(async () => {
      second.lost = 'reset';
      throw new Error('a pipeline is not there');
    });
    await expect(program.run(INPUT)).rejects.toMatchObject({ code: 'ERR_DEVICE_LOST' });
  });

  it('is an error by name where there is no other', async () => {
    const { program } = programOn(newDevice('first', null), planAnewBy());
    vi.mocked(openDevice).mockResolvedValue(new NoGpu('no adapter'));
    const running = program.run(INPUT);
    await expect(running).rejects.toThrow(
      /\(first\) was lost .* could not be had anew: no adapter/,
    );
    await expect(running).rejects.toMatchObject({ code: 'ERR_DEVICE_LOST' });
  });

  it('ends a program that checks this very device', async () => {
    const { program } = programOn(newDevice('first', null), null);
    await expect(program.run(INPUT)).rejects.toMatchObject({ code: 'ERR_DEVICE_LOST' });
    expect(openDevice).not.toHaveBeenCalled();
  });

  it('is not taken for the cause of an error that has another', async () => {
    const device = newDevice('first', 1);
    const { program, resources } = programOn(device, planAnewBy());
    resources.run.mockRejectedValue(new RangeError('something else'));
    await expect(program.run(INPUT)).rejects.toThrow('something else');
    expect(openDevice).not.toHaveBeenCalled();
  });
});
