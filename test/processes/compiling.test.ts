import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const library = new URL('../../dist/index.js', import.meta.url);

/**
 * A program of its own that imports the built library: what the process does at its end is Node's affair, not vitest's. It is
 * given as text (`--input-type`), which worker threads must not take over.
 */
function runProgram(text: string): { status: number | null; output: string } {
  const source = `import { compile, ReLU, Tensor } from ${JSON.stringify(library.href)};\n${text}`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', source],
    { cwd: fileURLToPath(new URL('.', library)), encoding: 'utf8' },
  );
  return { status, output: stdout + stderr };
}

it("compiles without V8's flags after it was done with them", () => {
  const { status, output } = runProgram(`
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
