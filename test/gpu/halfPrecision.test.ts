import { beforeAll, describe, expect, it } from 'vitest';
import { fuse } from '../../src/engine/shared/fuse/fuse.js';
import { type Device, openDevice } from '../../src/engine/webgpu/device/device.js';
import { SUBGROUP_MATRICES } from '../../src/engine/webgpu/device/matrixShapes.js';
import { textOf, tileCandidates } from '../../src/engine/webgpu/kernels/convolution/tile.js';
import { lower } from '../../src/engine/webgpu/plan/lower.js';
import type { PlanOptions } from '../../src/engine/webgpu/plan/options.js';
import { LIMITS } from '../../src/engine/webgpu/plan/source.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { compile, traceGraph } from '../../src/nn/compile.js';
import { manualSeed } from '../../src/nn/random.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { maxAbsDifference } from '../support/closeness.js';

const SHAPE = [1, 3, 16, 20];

function network(): ResNetGenerator {
  manualSeed(7);
  return new ResNetGenerator(3, 3, 8, 1).eval();
}

let device: Device;

beforeAll(async () => {
  device = (await openDevice()) as Device;
});

/** Of the numbers by which a run differs from the reference, the largest. */
async function offBy(net: ResNetGenerator, run: (input: Tensor) => Promise<Tensor>) {
  const input = new Tensor(
    Float32Array.from({ length: 3 * 16 * 20 }, (_, i) => Math.sin(i * 0.37)),
    SHAPE,
  );
  const [found, expected] = [await run(input), await net.forward(input, { engine: 'js' })];
  return maxAbsDifference(found.data, expected.data);
}

describe('precision f16', () => {
  it('is refused by the name of a device that has none, or is near f32 and says how near', async () => {
    const net = network();
    const compiling = compile(net, { engine: 'webgpu', precision: 'f16', inputShape: SHAPE });
    if (!device.has('shader-f16')) {
      await expect(compiling).rejects.toMatchObject({ code: 'ERR_PRECISION' });
      await expect(compiling).rejects.toThrow(`${device.name}) has no shader-f16`);
      return;
    }
    const program = await compiling;
    const off = await offBy(net, (input) => program.run(input));
    expect(off).toBeLessThan(0.02);
    // Values of 16 bits, in fact.
    expect(off).toBeGreaterThan(1e-5);
    expect(program.details.at(-1)).toMatch(/^16 bits, off by \d\.\de-\d from 32 on noise/);
    // What passes the self-check is not replaced by direct convolution.
    expect(program.details).toContain('variant winograd');
    program.dispose();
  });
});

/** Dawn without a device: it knows all of WGSL, and runs none of it. It must outlive what comes of it. */
let dawn: GPU;
let validator: GPUDevice;

async function openValidator(): Promise<GPUDevice> {
  const { create } = (await import(/* @vite-ignore */ String('webgpu'))) as {
    create: (flags: readonly string[]) => GPU;
  };
  dawn = create(['backend=null', 'enable-dawn-features=allow_unsafe_apis']);
  const adapter = await dawn.requestAdapter();
  const requiredFeatures: GPUFeatureName[] = ['shader-f16', 'subgroups', SUBGROUP_MATRICES];
  return (adapter as GPUAdapter).requestDevice({ requiredFeatures });
}

describe('what few devices have is valid WGSL', () => {
  /** What makers' GPUs list: factors of 16 bits by Nvidia and AMD, of 32 by Apple. */
  const matrices = (['f16', 'f32'] as const).map((factors) => {
    const side = factors === 'f16' ? 16 : 8;
    return { m: side, n: side, k: side, factors, lanes: 32 };
  });
  const limits = { workgroupBytes: 32_768, hasSubgroups: true, matrices };
  const tiles = tileCandidates(256, 4096, limits, 'f16');
  const ways: readonly (readonly [string, PlanOptions])[] = [
    ['f16, winograd', { winograd: true, format: 'f16' }],
    ['f16, direct', { winograd: false, format: 'f16' }],
    ...tiles.flatMap((tile) =>
      [true, false].map((winograd) => {
        const name = `f16, ${textOf(tile)}, ${winograd}`;
        return [name, { winograd, format: 'f16', tileOf: () => tile }] as const;
      }),
    ),
  ];

  beforeAll(async () => {
    validator = await openValidator();
  });

  /** Shaders of the network, none of which has an error or a warning. */
  async function validated(options: PlanOptions): Promise<string[]> {
    const graph = traceGraph(network(), SHAPE);
    const { preparation, dispatches } = lower(fuse(graph, LIMITS), options);
    const codes = new Set([...preparation, ...dispatches].map(({ kernel }) => kernel.code));
    const problems: string[] = [];
    for (const code of codes) {
      const module = validator.createShaderModule({ code });
      const { messages } = await module.getCompilationInfo();
      for (const { type, message } of messages)
        if (type !== 'info') problems.push(`${message}: ${code}`);
    }
    expect(problems).toEqual([]);
    return [...codes];
  }

  const has = (directive: string) => (code: string) => code.includes(directive);

  it.each(ways)('%s', async (_, options) => {
    const codes = await validated(options);
    expect(codes.filter(has('enable f16;')).length).toBeGreaterThan(5);
  });

  it('f32, subgroup matrices', async () => {
    const own = tileCandidates(256, 4096, limits, 'f32').filter((tile) => 'matrices' in tile);
    expect(own).toHaveLength(2);
    for (const tile of own) {
      const codes = await validated({ winograd: true, tileOf: () => tile });
      expect(codes.some(has('subgroup_matrix_left<f32, 8, 8>'))).toBe(true);
      expect(codes.some(has('enable f16;'))).toBe(false);
    }
  });
});
