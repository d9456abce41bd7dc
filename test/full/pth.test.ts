import { describe, expect, it } from 'vitest';
import { inspectWeights } from '../../src/generator/inspectWeights.js';
import { FileError } from '../../src/platform/fileError.js';
import { loadStateDict } from '../../src/pth/loadStateDict.js';
import { PthError } from '../../src/pth/pthError.js';
import { openWeights } from '../../src/pth/weightFile.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import {
  fixtureBytes,
  fixtureFloats,
  fixturePath,
  hasFixtures,
  manifest,
  type TensorPlace,
  tensorAt,
} from '../support/fixtures.js';
import { secondOpinion } from '../support/secondOpinion.js';

type Expectation = 'ok' | 'error' | 'ok-or-error';

interface PthManifest {
  readonly files: readonly {
    readonly file: string;
    readonly expect: Expectation;
    readonly container: string;
    readonly path?: readonly string[];
    readonly tensors?: Readonly<Record<string, TensorPlace & { readonly dtype: string }>>;
  }[];
}

interface HostileManifest {
  readonly files: readonly {
    readonly file: string;
    readonly kind: string;
    readonly expect: string;
    readonly note: string;
  }[];
  readonly truncations: readonly { readonly base: string; readonly lengths: readonly number[] }[];
}

const honest = manifest<PthManifest>('pth', { files: [] }).files;
const hostile = manifest<HostileManifest>('hostile', { files: [], truncations: [] });

/** Models that were saved as a whole have the keys of the generator whose state dict the others hold. */
function tensorsOf({ file, tensors = {} }: PthManifest['files'][number]) {
  if (!file.startsWith('whole_model')) return tensors;
  return honest.find((other) => other.file === 'state_dict_zip.pth')?.tensors ?? {};
}

describe.skipIf(!hasFixtures)('weight files of every variant', () => {
  it.each(honest.map((f) => [f.file, f] as const))('%s', async (_, f) => {
    const tensors = tensorsOf(f);
    const outcome = await attempt(() => loadStateDict(fixturePath('pth', f.file)));
    if (f.expect === 'error' || (f.expect === 'ok-or-error' && outcome instanceof Error)) {
      expect(outcome).toBeInstanceOf(PthError);
      return;
    }
    expect(outcome).not.toBeInstanceOf(Error);
    const found = outcome as Map<string, Tensor>;
    const report = await inspectWeights(fixturePath('pth', f.file), { stats: true });
    expect(report).toMatchObject({ container: f.container, key: (f.path ?? []).join('.') });
    expect(report.tensors.map(({ key, dtype }) => [key, dtype])).toEqual(
      Object.entries(tensors).map(([key, { dtype }]) => [key, dtype]),
    );
    const data = fixtureFloats('pth', 'pth.f32');
    expect([...found.keys()]).toEqual(Object.keys(tensors));
    for (const [key, place] of Object.entries(tensors)) {
      const expected = tensorAt(data, place);
      // The manifest writes the shape of a scalar as [1]; in PyTorch it is [].
      const shape = found.get(key)?.shape;
      expect(shape?.length === 0 ? [1] : shape, key).toEqual(expected.shape);
      // Their numbers are others, which only test/golden has.
      if (f.tensors !== undefined) expect(found.get(key)?.data, key).toEqual(expected.data);
    }
  });
});

describe.skipIf(!hasFixtures)('pickleparser', () => {
  const readable = honest.filter(({ expect: wanted }) => wanted === 'ok');

  it('finds the same tensors in every honest file that it can read', async () => {
    const unread: string[] = [];
    for (const { file, path } of readable) {
      const content = fixtureBytes('pth', file);
      const theirs = await attempt(async () => secondOpinion(content, path));
      if (theirs instanceof Error) {
        unread.push(file);
        continue;
      }
      const ours = await openWeights(content);
      expect([...theirs.keys()], file).toEqual([...ours.tensors.keys()]);
      for (const [key, { shape }] of theirs) {
        expect(shape, `${file} ${key}`).toEqual(ours.tensors.get(key)?.shape);
      }
    }
    expect(unread.length).toBeLessThan(readable.length / 4);
  });
});

describe.skipIf(!hasFixtures)('hostile weight files', () => {
  const files = hostile.files.filter(({ kind }) => kind === 'pth');
  it.each(files.map((f) => [`${f.file}: ${f.note}`, f] as const))('%s', async (_, f) => {
    const outcome = await attempt(() => loadStateDict(fixturePath('hostile', f.file)));
    if (f.expect === 'ok') expect(outcome).not.toBeInstanceOf(Error);
    if (f.expect === 'error') expect(outcome).toBeInstanceOf(Error);
    if (outcome instanceof Error) {
      expect(outcome instanceof PthError || outcome instanceof FileError).toBe(true);
      expect(outcome.message.length).toBeGreaterThan(20);
    }
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  const cuts = hostile.truncations.filter(({ base }) => base.endsWith('.pth'));
  it.each(cuts.map((cut) => [cut.base, cut] as const))('%s cut short', async (_, cut) => {
    const bytes = fixtureBytes('hostile', cut.base);
    for (const length of cut.lengths) {
      const outcome = await attempt(() => loadStateDict(bytes.slice(0, length)));
      expect(outcome, `${length} bytes`).toBeInstanceOf(PthError);
    }
  });
});

async function attempt<T>(action: () => Promise<T>): Promise<T | Error> {
  try {
    return await action();
  } catch (error) {
    return error as Error;
  }
}
