import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { GeneratorConfig } from '../../src/generator/resnet/options.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { toFloat16 } from '../../src/pth/dtypes.js';
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

/** The lines that a script prints, one for each request. */
function runPython(name: string, requests: readonly object[]): string[] {
  const python = process.env.PYTHON ?? 'python3';
  const script = join(import.meta.dirname, name);
  const input = requests.map((request) => JSON.stringify(request)).join('\n');
  return execFileSync(python, [script], { input, encoding: 'utf8' }).trim().split('\n');
}

function compareInPython(pairs: readonly Pair[]): string[] {
  return runPython('compare_weights.py', pairs);
}

/** What `torch.load` has to give, and the generator that has to take it. */
interface LoadRequest {
  readonly file: string;
  readonly keys: readonly string[];
  readonly net: GeneratorConfig | null;
}

function loadInPython(requests: readonly LoadRequest[]): string[] {
  return runPython('load_exports.py', requests);
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

  it('gives a generator that was saved with its configuration as it is without', async () => {
    const netG = new ResNetGenerator(3, 3, 4, 2);
    const [a, b] = ['plain.pth', 'complete.pth'].map((name) => join(folder.path, name));
    await saveStateDict(netG.stateDict(), a);
    await saveStateDict(netG.stateDict(), b, { config: netG.config });
    expect(await loadStateDict(b)).toEqual(netG.stateDict());
    expect(compareInPython([{ a: b, b: a, path: [] }])).toEqual(['ok']);
  });

  const configs = (['instance', 'instanceAffine', 'batch'] as const).flatMap((norm) =>
    [true, false].map((dropout) => ({ norm, dropout, bias: norm !== 'batch' })),
  );

  it('gives what load_state_dict takes, of every kind of generator and of 16 bits, too', async () => {
    const requests = await Promise.all(
      configs.flatMap((options, i) =>
        (['float32', 'float16'] as const).map(async (dtype) => {
          const netG = new ResNetGenerator(3, 2, 2, 2, options);
          const file = join(folder.path, `export${i}.${dtype}.pth`);
          const tensors = [...netG.stateDict()].map(
            ([key, { data, shape }]): [string, TensorToSave] => [
              key,
              { data: dtype === 'float16' ? toFloat16(data) : data, shape, dtype },
            ],
          );
          await saveStateDict(new Map(tensors), file, { config: netG.config });
          return { file, keys: [...netG.stateDict().keys()], net: netG.config };
        }),
      ),
    );
    expect(loadInPython(requests)).toEqual(requests.map(() => 'ok'));
  });

  it('gives the keys that were saved, whatever they are', async () => {
    const keys = [
      'it\'s "quoted"',
      'zwei\nZeilen',
      'äöü',
      '生成器',
      '',
      '__proto__',
      'a'.repeat(300),
    ];
    const file = join(folder.path, 'keys.pth');
    const tensor = { data: Float32Array.of(1, 2), shape: [2] };
    await saveStateDict(new Map(keys.map((key) => [key, tensor])), file, {
      config: { "it's": '"quoted"' },
    });
    expect(loadInPython([{ file, keys, net: null }])).toEqual(['ok']);
  });
});
