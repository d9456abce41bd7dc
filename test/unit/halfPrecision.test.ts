import { describe, expect, it } from 'vitest';
import { buildHalf } from '../../src/engine/webgpu/halfPrecision.js';
import type { Format } from '../../src/engine/webgpu/plan/buffers.js';
import { CycleganError } from '../../src/errors.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { reluOperator } from '../../src/tensor/relu.js';
import { Tensor } from '../../src/tensor/tensor.js';

const SHAPE = [1, 1, 1, 3];

/** One in, one out: what programs make of it, a test says. */
function graph() {
  const g = new GraphBuilder(SHAPE);
  return g.finish(g.apply(reluOperator, [g.input], {}));
}

/** A program as far as it is measured: it gives the same numbers for everything, or fails. */
class FakeProgram {
  readonly details: string[] = [];
  isDisposed = false;
  readonly #gives: readonly number[] | Error;

  constructor(gives: readonly number[] | Error) {
    this.#gives = gives;
  }

  async runAll(): Promise<Tensor[]> {
    if (this.#gives instanceof Error) throw this.#gives;
    return [new Tensor(Float32Array.from(this.#gives), SHAPE)];
  }

  addDetail(detail: string): void {
    this.details.push(detail);
  }

  dispose(): void {
    this.isDisposed = true;
  }
}

/** Programs of both formats, and a way to build them in which one of 32 bits may fail. */
function programs(gives: Readonly<Record<Format, readonly number[] | Error>>, refusal?: Error) {
  const built = { f32: new FakeProgram(gives.f32), f16: new FakeProgram(gives.f16) };
  const build = async (format: Format) => {
    if (format === 'f32' && refusal !== undefined) throw refusal;
    return built[format];
  };
  return { ...built, build };
}

describe('a program of 16 bits', () => {
  it('says how far it is from one of 32, which is gone by then', async () => {
    const { f32, f16, build } = programs({ f32: [1, -4, 2], f16: [1, -4.25, 2] });
    expect(await buildHalf(graph(), build)).toBe(f16);
    expect(f16.details).toEqual([
      '16 bits, off by 2.5e-1 from 32 on noise, where the largest value is 4.0',
    ]);
    expect([f32.isDisposed, f16.isDisposed]).toEqual([true, false]);
  });

  it('is there where one of 32 bits has no room, and says that nothing was measured', async () => {
    const refusal = new CycleganError('ERR_TOO_LARGE', 'needs 200 MB');
    const { f16, build } = programs({ f32: [], f16: [1, 2, 3] }, refusal);
    expect(await buildHalf(graph(), build)).toBe(f16);
    expect(f16.details).toEqual(['16 bits, not measured: 32 bits have no room']);
  });

  it('is there where one of 32 bits has no room to run', async () => {
    const noRoom = new CycleganError('ERR_TOO_LARGE', 'the results take 200 MB');
    const { f32, f16, build } = programs({ f32: noRoom, f16: [1, 2, 3] });
    expect(await buildHalf(graph(), build)).toBe(f16);
    expect(f16.details).toEqual(['16 bits, not measured: 32 bits have no room']);
    expect(f32.isDisposed).toBe(true);
  });

  it('is not there where one of 32 bits fails for another reason', async () => {
    const refusal = new CycleganError('ERR_DEVICE_LOST', 'lost');
    const { build } = programs({ f32: [], f16: [1, 2, 3] }, refusal);
    await expect(buildHalf(graph(), build)).rejects.toBe(refusal);
  });

  it('leaves nothing on the device when it fails', async () => {
    const failure = new Error('the GPU refuses a kernel');
    const { f32, f16, build } = programs({ f32: [1, 2, 3], f16: failure });
    await expect(buildHalf(graph(), build)).rejects.toBe(failure);
    expect([f32.isDisposed, f16.isDisposed]).toEqual([true, true]);
  });

  it.each([Number.POSITIVE_INFINITY, Number.NaN])(
    'is refused where it gives %s and one of 32 bits a number',
    async (bad) => {
      const { f16, build } = programs({ f32: [1, 70_000, 3], f16: [1, bad, 3] });
      const building = buildHalf(graph(), build);
      await expect(building).rejects.toMatchObject({ code: 'ERR_PRECISION' });
      await expect(building).rejects.toThrow(/1 of 3 values .* 65504.* f32/);
      expect(f16.isDisposed).toBe(true);
    },
  );

  it('is not blamed for what is no number with 32 bits, either', async () => {
    const { f16, build } = programs({ f32: [Number.NaN, 2, 3], f16: [Number.NaN, 2, 3.5] });
    await buildHalf(graph(), build);
    expect(f16.details).toEqual([
      '16 bits, off by 5.0e-1 from 32 on noise, where the largest value is 3.0',
    ]);
  });

  it('has nothing to be measured by where 32 bits give no number at all', async () => {
    const none = [Number.NaN, Number.NaN, Number.POSITIVE_INFINITY];
    const { f16, build } = programs({ f32: none, f16: none });
    await buildHalf(graph(), build);
    expect(f16.details).toEqual(['16 bits, not measured: 32 bits give no finite value']);
  });
});
