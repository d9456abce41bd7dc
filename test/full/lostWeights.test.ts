import { expect, it, vi } from 'vitest';
import { takeWorkers, WorkerError } from '../../src/engine/wasm/pool/pool.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { compileGraph } from '../../src/nn/compile.js';
import { mulOperator } from '../../src/tensor/mul.js';
import { Tensor } from '../../src/tensor/tensor.js';

const SIZE = 100_000;
const KEY = 'parameter0';

/** A weight that each run multiplies by its input. */
async function growing() {
  const g = new GraphBuilder();
  const weight = { shape: [SIZE], tensor: Tensor.full([SIZE], 3) };
  const leaf = g.parameter(weight);
  const factor = g.addInput([SIZE], 'factor');
  g.assign(weight, g.apply(mulOperator, [leaf, factor], {}));
  return compileGraph(g.finish([]), { engine: 'wasm', threads: 2 });
}

it('weights of which a thread that fails has written nobody knows how much are neither read nor used', async () => {
  const program = await growing();
  const two = Tensor.full([SIZE], 2);
  await program.runAll([two], { blocking: true });
  expect(
    program
      .parameters()
      .get(KEY)
      ?.data.every((value) => value === 6),
  ).toBe(true);
  const [worker] = takeWorkers(1);
  const ask = worker.ask.bind(worker);
  let runs = 0;
  const failing = vi.spyOn(worker, 'ask').mockImplementation((id, message, options) => {
    // The second time, weights are written.
    if (!('run' in message) || ++runs < 2) return ask(id, message, options);
    failing.mockRestore();
    return Promise.reject(new WorkerError('of a test'));
  });
  await expect(program.runAll([two], { blocking: true })).rejects.toBeInstanceOf(WorkerError);
  expect(() => program.parameters()).toThrow(/neither old nor new/);
  await expect(program.runAll([two])).rejects.toThrow(/neither old nor new/);
  await program.updateParameters(new Map([[KEY, Tensor.full([SIZE], 5)]]));
  await program.runAll([two]);
  expect(
    program
      .parameters()
      .get(KEY)
      ?.data.every((value) => value === 10),
  ).toBe(true);
  program.dispose();
}, 60_000);
