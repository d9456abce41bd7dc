import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge, type Verdict } from '../fuzz/judge.js';
import { seededRandom } from '../fuzz/random.js';
import { makeSeeds } from '../fuzz/seeds.js';
import { STRATEGIES } from '../fuzz/strategies.js';
import { safetensorsFile } from '../support/containers.js';
import { legacyFile, op } from '../support/pickles.js';

const RUNS = 200;
const FINDS = join(import.meta.dirname, '../fuzz/finds');
const seeds = await makeSeeds(join(import.meta.dirname, '../golden/data'));

describe.each(seeds.map((seed) => [seed.name, seed] as const))('%s', (_, seed) => {
  it('is read', async () => {
    const verdict = await judge(seed.file);
    expect(verdict.code).toBeNull();
  });

  it('cut short anywhere is one error, or sound tensors', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(seed.file.length - 1), async (length) => {
        await judge(seed.file.subarray(0, length));
      }),
      { numRuns: RUNS },
    );
  });

  it('with any byte changed is one error, or sound tensors', async () => {
    const byte = fc.integer({ min: 1, max: 255 });
    await fc.assert(
      fc.asyncProperty(fc.nat(seed.file.length - 1), byte, async (at, change) => {
        await judge(withByte(seed.file, at, change));
      }),
      { numRuns: RUNS },
    );
  });
});

describe.each(
  seeds.filter(({ data }) => data.length > 0).map((seed) => [seed.name, seed] as const),
)('%s', (_, seed) => {
  it('with a number changed gives that number changed, or a wrong checksum', async () => {
    const honest = await judge(seed.file);
    const places = seed.data.flatMap(({ start, end }) =>
      Array.from({ length: end - start }, (_, i) => start + i),
    );
    const byte = fc.integer({ min: 1, max: 255 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), byte, async (at, change) => {
        const verdict = await judge(withByte(seed.file, at, change));
        if (seed.guarded) expect(verdict.code).toBe('ERR_PTH_CHECKSUM');
        else expect(differences(honest, verdict)).toBeLessThanOrEqual(1);
      }),
      { numRuns: RUNS },
    );
  });
});

/** The most elements of a tensor that differ in their bits. @throws when anything but numbers differs. */
function differences(a: Verdict, b: Verdict): number {
  if (a.code !== null || b.code !== null) throw new Error(`${a.code} and ${b.code}`);
  expect([...b.tensors.keys()]).toEqual([...a.tensors.keys()]);
  const counts = [...a.tensors].map(([key, data]) => {
    const other = b.tensors.get(key) as Float32Array;
    expect(other.length).toBe(data.length);
    return data.filter((value, i) => !Object.is(value, other[i])).length;
  });
  return Math.max(...counts);
}

function withByte(file: Uint8Array, at: number, change: number): Uint8Array {
  const out = file.slice();
  out[at] ^= change;
  return out;
}

describe('files that are made to cost more than they are worth', () => {
  const repeated = (text: string, count: number) => new TextEncoder().encode(text.repeat(count));
  const pairs = op.list(...Array.from({ length: 2000 }, () => op.list(op.text('k'), op.int(1))));
  const ordered = op.reduce(op.global('collections', 'OrderedDict'), op.tuple(pairs));
  const nested = 100_000;

  it.each<[string, Uint8Array]>([
    [
      'a shape of many sides',
      safetensorsFile(
        { t: { dtype: 'F32', shape: new Array(40_000).fill(1), data_offsets: [0, 4] } },
        new Uint8Array(4),
      ),
    ],
    [
      'a type of many brackets',
      safetensorsFile(
        `{"t":{"dtype":${'['.repeat(500_000)}${']'.repeat(500_000)},"shape":[],"data_offsets":[0,4]}}`,
        new Uint8Array(4),
      ),
    ],
    [
      'one dict, named by many',
      legacyFile(
        [
          [ordered, 'q', 0, '0}('],
          Array.from({ length: 20_000 }, (_, i) => [op.text(`k${i}`), 'h', 0]),
          'u',
        ],
        {},
      ),
    ],
    [
      'a parameter of a parameter',
      legacyFile(
        [
          repeated('ctorch._utils\n_rebuild_parameter\n', nested),
          op.int(1),
          new Uint8Array(2 * nested).map((_, i) => (i % 2 === 0 ? 0x85 : 0x52)),
        ],
        {},
      ),
    ],
    ['values without end', legacyFile(['](', repeated(']', 1_000_000), 'e'], {})],
    [
      'state dicts without end',
      legacyFile(
        op.dict(Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => [`d${i}`, '}']))),
        {},
      ),
    ],
  ])('end soon in one error: %s', async (_, file) => {
    expect((await judge(file)).code).toMatch(/^ERR_P/);
  });
});

describe('fuzzing', () => {
  it.each(STRATEGIES.map((strategy) => [strategy.name, strategy] as const))(
    'by %s',
    async (_, s) => {
      const codes = new Set<string | null>();
      for (let i = 0; i < RUNS; i++) {
        const random = seededRandom(i);
        const { code } = await judge(s.mutate(seeds[random(seeds.length)], random, seeds));
        codes.add(code);
      }
      // A strategy that always meets the same end tries nothing.
      expect(codes.size).toBeGreaterThan(1);
    },
  );

  it('found files that are kept', async () => {
    for (const name of readdirSync(FINDS)) await judge(readFileSync(join(FINDS, name)));
  });
});
