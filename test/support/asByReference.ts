import { expect } from 'vitest';
import type { Program } from '../../src/engine/engine.js';
import { selectEngine } from '../../src/engine/engines.js';
import type { Graph } from '../../src/graph/graph.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose } from './closeness.js';

/** Numbers without a pattern that a mistake could hide behind, up to `factor`. */
export function wave(shape: readonly number[], factor = 1): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const elements = Float32Array.from({ length: size }, (_, i) => Math.sin(i * i * 0.37 + size));
  return new Tensor(elements, shape).mul(factor);
}

async function compiled(engine: 'wasm' | 'js', graph: Graph, threads: number): Promise<Program> {
  return (await selectEngine(engine)).compile(graph, { threads });
}

/**
 * The wasm engine runs all of a graph and gives what reference loops give, alike to the last bit for any number of threads.
 * @param tolerance How far off it may be, absolutely and relatively; 0 for not at all.
 */
export async function expectAsByReference(
  graph: Graph,
  inputs: readonly Tensor[],
  tolerance = 0,
): Promise<void> {
  const reference = await compiled('js', graph, 1);
  const expected = await reference.runAll(inputs);
  let first: readonly Tensor[] | null = null;
  for (const threads of [1, 2, 3]) {
    const program = await compiled('wasm', graph, threads);
    expect(program.fallbacks).toEqual([]);
    // What an earlier run left in memory is read by none.
    await program.runAll(inputs.map(({ shape }) => Tensor.full(shape, Number.NaN)));
    const found = await program.runAll(inputs);
    program.dispose();
    for (const [i, { data, shape }] of found.entries()) {
      expect(shape).toEqual(expected[i].shape);
      if (tolerance === 0) expect(data).toEqual(expected[i].data);
      else expectClose(found[i], expected[i], { absolute: tolerance, relative: tolerance });
    }
    first ??= found;
    expect(found).toEqual(first);
  }
}
