import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openGenerator, Tensor, trainCycleGan } from '../../src/index.js';
import { temporaryFolder } from '../support/command.js';
import { makeToyDomains } from '../support/toyDomains.js';

const home = temporaryFolder();
afterAll(home.remove);

const SHAPE = [1, 3, 16, 16] as const;

/** What the CycleGAN authors' networks say to the files of a run. */
function loadInPython(run: string, options: object): string[] {
  const script = join(import.meta.dirname, 'load_trained.py');
  const args = [script, run, JSON.stringify(options)];
  return execFileSync(process.env.PYTHON ?? 'python3', args, { encoding: 'utf8' })
    .trim()
    .split('\n');
}

it.each([
  { norm: 'instance', noDropout: true, nLayersD: 2 },
  { norm: 'instance', noDropout: false, nLayersD: 3 },
  { norm: 'batch', noDropout: true, nLayersD: 1 },
] as const)(
  "a run's weights load in the authors' networks, and give the same pictures: %o",
  async (given) => {
    const options = { ngf: 3, nBlocks: 2, ndf: 3, ...given };
    const run = join(home.path, `${given.norm}-${given.noDropout}`);
    makeToyDomains(home.path, 32, 2);
    const { weights } = await trainCycleGan({
      ...options,
      ...{ dataA: home.path, run, preprocess: 'none', maxIterations: 2, lr: 0.01 },
    });
    for (const name of ['G_A', 'G_B'] as const) {
      const { module } = await openGenerator(weights[name]);
      const input = Float32Array.from({ length: 768 }, (_, i) => Math.sin(i * i));
      const { data } = await module.forward(new Tensor(input, SHAPE));
      const made = { input: [...input], output: [...data], shape: SHAPE };
      writeFileSync(join(run, `${name}.json`), JSON.stringify(made));
    }
    expect(loadInPython(run, options)).toEqual(['ok', 'ok', 'ok', 'ok']);
  },
);
