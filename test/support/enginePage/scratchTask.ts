import type { Program } from '../../../src/engine/engine.js';
import { openGenerator } from '../../../src/generator/openGenerator.js';
import { compile, leastMemory } from '../../../src/nn/compile.js';
import { Tensor } from '../../../src/tensor/tensor.js';
import type { Done, Task } from './tasks.js';

const PATIENCE_MS = 5000;

/** A network whose values may lie in a scratch file, and what lies in the page's private file system meanwhile. */
export async function performScratch({
  file,
  input,
  options,
  isLeast = false,
  isEnded = false,
}: Extract<Task, { kind: 'scratch' }>): Promise<Done> {
  const { module } = await openGenerator(file);
  const inputShape = input.shape;
  const least = isLeast ? await leastMemory(module, { ...options, inputShape }) : null;
  const how = least === null ? options : { ...options, memory: least };
  const before = await filesThere();
  const program = await compile(module, { ...how, inputShape });
  const during = await filesThere();
  const { details, fallbacks, scratchBytes, memoryBytes } = program;
  try {
    const output = await run(program, new Tensor(input.data, inputShape), isEnded);
    program.dispose();
    const after = await filesLeft(during.filter((name) => !before.includes(name)));
    const scratch = { scratchBytes, memoryBytes, during, after };
    return { output, fallbacks, details, transfers: null, again: null, scratch };
  } finally {
    program.dispose();
  }
}

/** @returns Nothing of a run that is ended. */
async function run(program: Program, input: Tensor, isEnded: boolean): Promise<Tensor> {
  if (!isEnded) return program.run(input);
  const controller = new AbortController();
  const { signal } = controller;
  const onProgress = () => controller.abort();
  const end = await program.run(input, { signal, onProgress }).catch((error: unknown) => error);
  if (end === signal.reason) return new Tensor(new Float32Array(0), [0]);
  throw new Error(`The run was not ended: ${end}`);
}

async function filesThere(): Promise<string[]> {
  const names: string[] = [];
  for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
  return names.sort();
}

/** Once some are gone that go a moment later. */
async function filesLeft(going: readonly string[]): Promise<string[]> {
  const until = performance.now() + PATIENCE_MS;
  let names = await filesThere();
  while (names.some((name) => going.includes(name)) && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    names = await filesThere();
  }
  return names;
}
