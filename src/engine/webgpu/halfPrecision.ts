import { CycleganError } from '../../errors.js';
import { type Graph, shapeOf } from '../../graph/graph.js';
import type { Tensor } from '../../tensor/tensor.js';
import { noise } from '../shared/noise.js';
import type { Format } from './plan/buffers.js';
import type { WebgpuProgram } from './webgpuProgram.js';

/** What is measured of a program. */
type Measured = Pick<WebgpuProgram, 'runAll' | 'addDetail' | 'dispose'>;

/**
 * A graph whose values lie as f16 between kernels, and how far it is from the same with f32, on noise from −1 to 1: measured on this
 * device with these weights, for that depends on both. The other is there for as long as that takes, and before this one; where only
 * this one has room, nothing is measured.
 *
 * @throws CycleganError `ERR_PRECISION` where f16 loses values that f32 has; what `build` throws.
 */
export async function buildHalf<P extends Measured>(
  graph: Graph,
  build: (format: Format) => Promise<P>,
): Promise<P> {
  const inputs = graph.inputs.map(({ id }, i) => noise(shapeOf(graph, id), i + 1));
  const expected = await runOnce(() => build('f32'), inputs);
  const program = await build('f16');
  try {
    const result =
      expected === null
        ? 'not measured: 32 bits have no room'
        : describeDifference(await program.runAll(inputs), expected);
    program.addDetail(`16 bits, ${result}`);
    return program;
  } catch (error) {
    program.dispose();
    throw error;
  }
}

/** What a program makes of inputs, which is gone afterwards; `null` where there is no room for it. */
async function runOnce(build: () => Promise<Measured>, inputs: readonly Tensor[]) {
  try {
    const program = await build();
    return await program.runAll(inputs).finally(() => program.dispose());
  } catch (error) {
    if (error instanceof CycleganError && error.code === 'ERR_TOO_LARGE') return null;
    throw error;
  }
}

/** @throws CycleganError `ERR_PRECISION` where values are not finite that should be. */
function describeDifference(found: readonly Tensor[], expected: readonly Tensor[]): string {
  let [difference, largest, finite, lost, total] = [0, 0, 0, 0, 0];
  for (const [i, { data }] of expected.entries()) {
    total += data.length;
    for (let j = 0; j < data.length; j++) {
      // Weights that are no numbers are no fault of 16 bits.
      if (!Number.isFinite(data[j])) continue;
      finite++;
      if (!Number.isFinite(found[i].data[j])) lost++;
      difference = Math.max(difference, Math.abs(found[i].data[j] - data[j]));
      largest = Math.max(largest, Math.abs(data[j]));
    }
  }
  if (lost > 0) throw beyondRange(lost, total);
  if (finite === 0 && total > 0) return 'not measured: 32 bits give no finite value';
  return `off by ${difference.toExponential(1)} from 32 on noise, where the largest value is ${largest.toPrecision(2)}`;
}

function beyondRange(lost: number, total: number): CycleganError {
  return new CycleganError(
    'ERR_PRECISION',
    `With the precision f16, ${lost} of ${total} values that this network makes of noise are infinite or no numbers: a weight or a value between its layers is beyond 65504, the largest of 16 bits. With f32, all of these are finite: leave the precision out.`,
  );
}
