import { type Graph, shapeOf } from '../../graph/graph.js';
import type { Tensor } from '../../tensor/tensor.js';
import { noise } from '../shared/noise.js';
import { type BuildOptions, buildProgram } from './buildProgram.js';
import type { Device } from './device/device.js';
import type { Format } from './plan/buffers.js';
import type { WebgpuProgram } from './webgpuProgram.js';

/**
 * A graph whose values lie as f16 between kernels, and how far it is from the same with f32, on noise from −1 to 1: measured on this
 * device with these weights, for that depends on both. The other is there for as long as that takes, and before this one.
 */
export async function buildHalf(
  device: Device,
  graph: Graph,
  optionsFor: (format: Format) => BuildOptions,
  notes: readonly string[],
): Promise<WebgpuProgram> {
  const inputs = graph.inputs.map(({ id }, i) => noise(shapeOf(graph, id), i + 1));
  const exact = await buildProgram(device, graph, optionsFor('f32'), []);
  const expected = await exact.runAll(inputs).finally(() => exact.dispose());
  const program = await buildProgram(device, graph, optionsFor('f16'), notes);
  const found = await program.runAll(inputs);
  program.addDetail(describeDifference(found, expected));
  return program;
}

function describeDifference(found: readonly Tensor[], expected: readonly Tensor[]): string {
  let [difference, largest] = [0, 0];
  for (const [i, { data }] of expected.entries()) {
    for (let j = 0; j < data.length; j++) {
      const apart = Math.abs(found[i].data[j] - data[j]);
      difference = apart <= difference ? difference : Number.isNaN(apart) ? Number.NaN : apart;
      largest = Math.max(largest, Math.abs(data[j]));
    }
  }
  return `16 bits, off by ${difference.toExponential(1)} from 32 on noise, where the largest value is ${largest.toPrecision(2)}`;
}
