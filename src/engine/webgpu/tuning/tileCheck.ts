import { GraphBuilder } from '../../../graph/builder.js';
import type { Graph } from '../../../graph/graph.js';
import { conv2dOperator, resolveConv2d } from '../../../tensor/conv2d.js';
import {
  convTranspose2dOperator,
  resolveConvTranspose2d,
} from '../../../tensor/convTranspose2d.js';
import { instanceNorm2dOperator } from '../../../tensor/instanceNorm2d.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { noise } from '../../shared/noise.js';
import { buildProgram } from '../buildProgram.js';
import type { Device } from '../device/device.js';
import { type Tile, textOf } from '../kernels/convolution/tile.js';
import type { Format } from '../plan/buffers.js';
import type { PlanOptions } from '../plan/options.js';

/**
 * How far a tile may be off; values are of order 1. With 16 bits, that is a few roundings of the values and of the transformed tiles; a tile that leaves out
 * one input channel is off by 0.4 or more.
 */
const TOLERANCE: Readonly<Record<Format, number>> = { f32: 1e-4, f16: 0.05 };
const INPUT_SHAPE = [1, 22, 9, 13];

const expected = new WeakMap<Device, Promise<Tensor>>();

/**
 * Whether products with a tile are those with the plain one in 32 bits, on a device: by both methods, with remainders on every side.
 * @param format Of the values that the tile multiplies.
 */
export async function checkTile(device: Device, tile: Tile, format: Format): Promise<boolean> {
  const { notes } = device.memory;
  const name = `tile ${textOf(tile)} ${format}`;
  const known = notes.checks[name];
  if (known !== undefined) return known.passed;
  const plain = expected.get(device) ?? run(device, { winograd: false });
  expected.set(device, plain);
  // What ended it may not be there the next time.
  plain.catch(() => expected.delete(device));
  const reference = await plain;
  const how = { format, tileOf: () => tile };
  const found = [
    await run(device, { winograd: false, ...how }),
    await run(device, { winograd: true, ...how }),
  ];
  const difference = Math.max(...found.map((output) => largestDifference(output, reference)));
  notes.checks[name] = { passed: difference <= TOLERANCE[format], difference };
  return notes.checks[name].passed;
}

async function run(device: Device, options: PlanOptions): Promise<Tensor> {
  const program = await buildProgram(device, checkGraph(), options);
  try {
    return await program.run(noise(INPUT_SHAPE, 5));
  } finally {
    program.dispose();
  }
}

/** A convolution, a norm by the statistics that it leaves, and a transposed convolution. */
function checkGraph(): Graph {
  const g = new GraphBuilder(INPUT_SHAPE);
  const weight = (shape: readonly number[], seed: number) =>
    g.constant(noise(shape, seed).mul(0.1));
  const padded = resolveConv2d({ padding: 1 });
  const sums = g.apply(conv2dOperator, [g.input, weight([70, 22, 3, 3], 1), null], padded);
  const x = g.apply(instanceNorm2dOperator, [sums, null, null, null, null], { eps: 1e-5 });
  const up = resolveConvTranspose2d({ stride: 2, padding: 1, outputPadding: 1 });
  return g.finish(g.apply(convTranspose2dOperator, [x, weight([70, 9, 3, 3], 2), null], up));
}

function largestDifference(a: Tensor, b: Tensor): number {
  let most = 0;
  for (let i = 0; i < a.size; i++) {
    const difference = Math.abs(a.data[i] - b.data[i]);
    // NaN is no number below any other.
    most =
      difference <= most ? most : Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return most;
}
