import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { NLayerDiscriminator } from '../../src/discriminator/nLayerDiscriminator.js';
import type { EngineName } from '../../src/engine/engine.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import type { Module } from '../../src/nn/module.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { CycleGanModel } from '../../src/train/cycleGan/cycleGanModel.js';
import { filled } from './familyCases.js';
import { goldenPath } from './golden.js';

/** Losses by name, one for each iteration. */
export type LossRows = Readonly<Record<string, readonly number[]>>;

/** How the losses of a small CycleGAN go in PyTorch: made by `test/golden/make_training.py`. */
export interface CycleCase {
  readonly config: {
    readonly name: string;
    readonly steps: number;
    readonly mode: 'lsgan' | 'vanilla';
    readonly norm: 'instance' | 'batch';
    readonly batch: number;
    readonly lambdas: readonly [number, number, number];
    readonly lr: number;
    readonly side: readonly [number, number];
    readonly ngf: number;
    readonly blocks: number;
    readonly ndf: number;
  };
  /** In float64, and in float32. */
  readonly double: LossRows;
  readonly single: LossRows;
  /** Of each network's tensors, the sum of magnitudes after the last iteration. */
  readonly sums: Readonly<Record<'G_A' | 'G_B' | 'D_A' | 'D_B', Readonly<Record<string, number>>>>;
}

export const cycleCases: readonly CycleCase[] = readdirSync(goldenPath('training'))
  .filter((file) => /^cyclegan-.*\.json$/.test(file))
  .map((file) => JSON.parse(readFileSync(join(goldenPath('training'), file), 'utf8')));

/** The networks of a case, filled as PyTorch's. */
export function networksOf({ config: { ngf, blocks, ndf, norm } }: CycleCase) {
  const netG = () => new ResNetGenerator(3, 3, ngf, blocks);
  const netD = () => new NLayerDiscriminator(3, ndf, 2, { norm });
  const [netGA, netGB, netDA, netDB] = [netG(), netG(), netD(), netD()].map(fill);
  return { netGA, netGB, netDA, netDB };
}

/** As `range_of` of `make_families.py` has it. */
function fill(net: Module, index: number): Module {
  const tensors = [...net.stateDict()].map(([key, { shape }], number): [string, Tensor] => {
    const [low, high] = rangeOf(key, shape);
    return [key, filled(shape, 10_000 * index + number, low, high)];
  });
  net.loadStateDict(new Map(tensors));
  return net;
}

function rangeOf(key: string, shape: readonly number[]): readonly [low: number, high: number] {
  if (key.endsWith('num_batches_tracked')) return [0, 0];
  if (key.endsWith('running_var')) return [0.5, 1.5];
  if (key.endsWith('running_mean')) return [-0.2, 0.2];
  if (shape.length > 1) {
    const bound = Math.sqrt(3 / shape.slice(1).reduce((a, b) => a * b, 1));
    return [-bound, bound];
  }
  return key.endsWith('weight') ? [0.6, 1.4] : [-0.2, 0.2];
}

/** The case's model. */
export function modelOf(one: CycleCase, engine: EngineName): Promise<CycleGanModel> {
  const { batch, lambdas, side, mode, lr } = one.config;
  const [lambdaA, lambdaB, lambdaIdentity] = lambdas;
  const [height, width] = side;
  const weights = { lambdaA, lambdaB, lambdaIdentity, ganMode: mode, lr };
  return CycleGanModel.create({
    ...networksOf(one),
    ...weights,
    batchSize: batch,
    height,
    width,
    engine,
    threads: 1,
  });
}

/** One iteration on the case's pictures, without a pool. @returns All losses. */
export async function iterate(
  model: CycleGanModel,
  { config: { batch, side } }: CycleCase,
  step: number,
): Promise<Readonly<Record<string, number>>> {
  const picture = (number: number) => filled([batch, 3, ...side], number + step, -1, 1);
  const [realA, realB] = [picture(100_000), picture(200_000)];
  const options = { blocking: true };
  const { losses, fakeA, fakeB } = await model.optimizeGenerators(realA, realB, options);
  const inputs = { realA, realB, fakeA, fakeB };
  return { ...losses, ...(await model.optimizeDiscriminators(inputs, options)) };
}

/** How near the losses of the first iteration have to be. */
const FIRST = 1e-4;

/** The losses of the first iteration, and no others, within 1e-4. */
export function expectFirstLosses(
  { double }: CycleCase,
  losses: Readonly<Record<string, number>>,
): void {
  expect(Object.keys(losses).sort()).toEqual(Object.keys(double).sort());
  for (const [name, loss] of Object.entries(losses)) {
    expect(Math.abs(loss - double[name][0]), name).toBeLessThan(FIRST);
  }
}
