import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../src/platform/byteSource.js';
import { Budget } from '../../src/pth/budget.js';
import { type Hdf5Group, readHdf5 } from '../../src/pth/hdf5/readTree.js';
import { PthError } from '../../src/pth/pthError.js';
import { goldenBytes, goldenPath } from '../support/golden.js';

/** What `test/golden/make_hdf5_chunks.py` wrote. */
interface ArrayFacts {
  readonly name: string;
  readonly shape: readonly number[];
  readonly fill: number;
  /** Of the first axis: from and to. `null`: all of it. */
  readonly parts: readonly (readonly [number, number])[] | null;
}

const { arrays } = JSON.parse(readFileSync(goldenPath('hdf5Chunks/hdf5Chunks.json'), 'utf8')) as {
  readonly arrays: readonly ArrayFacts[];
};

/** Element i is i where it was written. */
function expected({ shape, fill, parts }: ArrayFacts): Float32Array {
  const row = shape.slice(1).reduce((product, side) => product * side, 1);
  const isWritten = (at: number) => parts?.some(([from, to]) => at >= from && at < to) ?? true;
  return Float32Array.from({ length: shape[0] * row }, (_, i) =>
    isWritten(Math.floor(i / row)) ? i : fill,
  );
}

async function opened(bytes: Uint8Array): Promise<{ root: Hdf5Group; budget: Budget }> {
  const budget = new Budget(2 ** 26);
  return { root: await readHdf5(memorySource(bytes), budget), budget };
}

describe.each(['v110.h5', 'latest.h5'])('chunks of %s', (file) => {
  const bytes = goldenBytes(`hdf5Chunks/${file}`);

  it.each(arrays)('of $name are put together', async (facts) => {
    const { root, budget } = await opened(bytes);
    const array = root.datasets.get(facts.name);
    expect(array?.shape).toEqual(facts.shape);
    const read = (await array?.read(budget))?.slice();
    const numbers = new Float32Array(read?.buffer ?? new ArrayBuffer(0));
    const wanted = expected(facts);
    expect(numbers.length).toBe(wanted.length);
    expect(numbers.findIndex((value, i) => value !== wanted[i])).toBe(-1);
  });

  it('are all that there is, beside a group of many names of one of them', async () => {
    const { root } = await opened(bytes);
    expect([...root.datasets.keys()].sort()).toEqual(arrays.map(({ name }) => name).sort());
    expect([...root.groups.keys()]).toEqual(['many']);
  });
});

describe('an index of chunks that is damaged', () => {
  it('is read, or refused as that of a damaged file', async () => {
    const whole = goldenBytes('hdf5Chunks/v110.h5');
    const words = ['FAHD', 'FADB', 'EAHD', 'EAIB', 'EASB', 'EADB', 'BTHD', 'BTIN', 'BTLF', 'OHDR'];
    const text = Buffer.from(whole.buffer, whole.byteOffset, whole.length);
    const places = words.flatMap((word) => {
      const found: number[] = [];
      for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) found.push(at);
      return found;
    });
    const change = fc.record({
      place: fc.constantFrom(...places),
      behind: fc.nat(80),
      bytes: fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        fc.constantFrom(new Uint8Array(8).fill(255), new Uint8Array(8)),
      ),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ place, behind, bytes }) => {
        const damaged = whole.slice();
        damaged.set(bytes.subarray(0, damaged.length - place - behind), place + behind);
        const read = async () => {
          const { root, budget } = await opened(damaged);
          for (const array of root.datasets.values()) await array.read(budget);
        };
        const end = await read().catch((error: unknown) => error);
        expect(end === undefined || end instanceof PthError).toBe(true);
      }),
      { numRuns: 150 },
    );
  });
});
