import { readFileSync } from 'node:fs';
import type { TraitOptions } from '../../src/generator/family.js';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { compile } from '../../src/nn/compile.js';
import { sha256 } from '../../src/platform/sha256.js';
import { Tensor } from '../../src/tensor/tensor.js';

/** What a process of `test/full/resume.test.ts` is to do. */
export interface ResumedRun {
  /** The weights' file, and what has to be said of them. */
  readonly weights: string;
  readonly options?: TraitOptions;
  /** A file of elements, float32. */
  readonly input: string;
  readonly inputShape: readonly number[];
  readonly threads: number;
  /** The folder of the scratch file; none for a run that has none. */
  readonly scratch?: string;
  /** As how many nodes are done, the process kills itself, so many milliseconds later. */
  readonly killAt?: number;
  readonly afterMs?: number;
}

/** What comes of it. */
export interface ResumedResult {
  readonly sha256: string;
  /** How many nodes there are, and how many of them an earlier process has done. */
  readonly total: number;
  readonly resumed: number;
}

/** Runs a network, so that a process that is killed can be followed by another. */
async function resumedRun(run: ResumedRun): Promise<ResumedResult> {
  const { threads, scratch, killAt, afterMs = 0, inputShape } = run;
  const { module } = await openGenerator(run.weights, run.options);
  const elements = new Float32Array(new Uint8Array(readFileSync(run.input)).buffer);
  const place =
    scratch === undefined ? { economy: 'none' } : { economy: 'scratch', scratch, resume: true };
  const program = await compile(module, { engine: 'wasm', inputShape, threads, ...place });
  let [total, resumed] = [0, 0];
  const { data } = await program.run(new Tensor(elements, inputShape), {
    blocking: true,
    onProgress: (progress) => {
      total = progress.total;
      if (progress.resumed) resumed++;
      else if (progress.done >= (killAt ?? Number.POSITIVE_INFINITY)) killLater(afterMs);
    },
  });
  program.dispose();
  return { sha256: sha256(new Uint8Array(data.buffer)), total, resumed };
}

/** Meanwhile, other threads are at work, and this one, too, unless it is at once. */
function killLater(milliseconds: number): void {
  const kill = () => process.kill(process.pid, 'SIGKILL');
  if (milliseconds === 0) kill();
  else setTimeout(kill, milliseconds);
}

console.log(JSON.stringify(await resumedRun(JSON.parse(process.argv[2]))));
