import { expect, it } from 'vitest';
import { runProgram } from '../support/builtLibrary.js';

it("compiles without V8's flags after it was done with them", async () => {
  const { status, output } = await runProgram(`
    const { compile, ReLU, Tensor } = library;
    const x = Tensor.full([1, 4, 16, 16], -1);
    for (const allowV8Flags of [true, false]) {
      const options = { engine: 'wasm', threads: 1, allowV8Flags, inputShape: x.shape };
      const program = await compile(new ReLU(), options);
      console.log((await program.run(x)).data.every((value) => value === 0));
      program.dispose();
    }`);
  expect(output).toBe('true\ntrue\n');
  expect(status).toBe(0);
});
