import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ResNetGenerator } from '../../src/generator/resNetGenerator.js';
import { loadStateDict } from '../../src/pth/loadStateDict.js';
import { openWeights } from '../../src/pth/weightFile.js';
import type { TensorToSave } from '../../src/pth/write/savedTensor.js';
import { saveStateDict } from '../../src/pth/write/saveStateDict.js';
import { temporaryFolder } from '../support/command.js';
import { torchTar } from '../support/containers.js';
import { fixturePath, hasFixtures, manifest } from '../support/fixtures.js';
import { golden, goldenPath } from '../support/golden.js';

interface PthManifest {
  readonly files: readonly {
    readonly file: string;
    readonly expect: string;
    readonly path?: readonly string[];
  }[];
}

/** Debian's torch 1.13 does not read what torch 2 wrote. */
const OF_TORCH_2 = /2\.x|byteorder|metadata7/;

/** torch.load of `a` below `path` against torch.load of `b`. */
interface Pair {
  readonly a: string;
  readonly b: string;
  readonly path: readonly string[];
}

const folder = temporaryFolder();
afterAll(folder.remove);

function compareInPython(pairs: readonly Pair[]): string[] {
  const python = process.env.PYTHON ?? 'python3';
  const script = join(import.meta.dirname, 'compare_weights.py');
  const input = pairs.map((pair) => JSON.stringify(pair)).join('\n');
  return execFileSync(python, [script], { input, encoding: 'utf8' }).trim().split('\n');
}

/** The file's tensors in a file that is ours. */
async function savedAgain(a: string, path: readonly string[], name: string): Promise<Pair> {
  const file = await openWeights(a, { key: path.length === 0 ? undefined : path.join('.') });
  const tensors = new Map<string, TensorToSave>();
  for (const key of file.tensors.keys()) tensors.set(key, await file.read(key));
  const b = join(folder.path, `${name}.pth`);
  await saveStateDict(tensors, b);
  return { a, b, path };
}

describe.skipIf(!hasFixtures)('torch.load, on every fixture,', () => {
  it('reads the same tensors as we do, and what we write', async () => {
    const honest = manifest<PthManifest>('pth', { files: [] }).files.filter(
      ({ file, expect: wanted }) => wanted === 'ok' && !OF_TORCH_2.test(file),
    );
    const pairs = await Promise.all([
      ...honest.map(({ file, path = [] }) => savedAgain(fixturePath('pth', file), path, file)),
      ...readdirSync(fixturePath('nets'))
        .filter((file) => file.endsWith('.pth'))
        .map((file) => savedAgain(fixturePath('nets', file), [], file)),
      ...golden.generators.flatMap(({ files }) =>
        Object.values(files).map((file) => savedAgain(goldenPath(file), [], file)),
      ),
    ]);
    expect(pairs.length).toBeGreaterThan(golden.generators.length);
    const results = compareInPython(pairs);
    expect(pairs.map(({ a }, i) => `${a}: ${results[i]}`)).toEqual(
      pairs.map(({ a }) => `${a}: ok`),
    );
  });
});

describe('torch.load', () => {
  it('reads the tar archive that we take for one of torch before 0.1.10', async () => {
    const a = join(folder.path, 'old.tar');
    writeFileSync(a, torchTar([1, 2, 3, 4, 5, 6], [2, 3]));
    expect(compareInPython([await savedAgain(a, [], 'old')])).toEqual(['ok']);
  });

  it('reads a generator that was saved with its configuration', async () => {
    const netG = new ResNetGenerator(3, 3, 4, 2);
    const [a, b] = ['plain.pth', 'complete.pth'].map((name) => join(folder.path, name));
    await saveStateDict(netG.stateDict(), a);
    await saveStateDict(netG.stateDict(), b, { config: netG.config });
    expect(await loadStateDict(b)).toEqual(netG.stateDict());
    expect(compareInPython([{ a: b, b: a, path: ['state_dict'] }])).toEqual(['ok']);
  });
});
