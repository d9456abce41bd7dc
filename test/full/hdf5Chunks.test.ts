import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../src/platform/byteSource.js';
import { Budget } from '../../src/pth/budget.js';
import { extensibleArray } from '../../src/pth/hdf5/extensibleArray.js';
import { fillOf } from '../../src/pth/hdf5/fill.js';
import { fixedArray } from '../../src/pth/hdf5/fixedArray.js';
import { Hdf5File } from '../../src/pth/hdf5/hdf5File.js';
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

describe('an index of which nothing was written', () => {
  const SUPERBLOCK = Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 2, 8, 8);
  const EMPTY_ENTRIES = new Uint8Array(40_000).fill(255);
  const ADDRESS = 64;

  /** Little-endian, of eight bytes. */
  const word = (value: number) => [
    value % 256,
    Math.floor(value / 256) % 256,
    value >> 16,
    0,
    0,
    0,
    0,
    0,
  ];
  const text = (letters: string) => [...letters].map((letter) => letter.charCodeAt(0));

  /** An index's head, and its block behind that. */
  async function fileOf(head: number[], block: number[], entries: Uint8Array): Promise<Hdf5File> {
    const bytes = new Uint8Array(ADDRESS + head.length + block.length + entries.length + 64);
    bytes.set(SUPERBLOCK);
    bytes.set([...head, ...block], ADDRESS);
    bytes.set(entries, ADDRESS + head.length + block.length);
    const budget = new Budget(2 ** 20, 0, { factor: 16, slack: 2 ** 20, values: 30_000 });
    return Hdf5File.open(memorySource(bytes), budget);
  }

  const grid = (most: number | null) => ({
    ...{ shape: [2 ** 30], most: [most], sides: [1], bytes: 4 },
    ...{ hasFilters: false, keepsEdges: false },
  });
  const fixedHead = (pageBits: number, count: number) => [
    ...[...text('FAHD'), 0, 0, 8, pageBits, ...word(count), ...word(ADDRESS + 28), 0, 0, 0, 0],
  ];
  const fixedBlock = [...text('FADB'), 0, 0, ...word(ADDRESS)];

  it.each([
    ['entries', fixedHead(20, 5000), EMPTY_ENTRIES],
    ['pages', fixedHead(0, 5000), new Uint8Array(40_000)],
  ])('costs what its %s are, in an array that has an end', async (_, head, entries) => {
    const file = await fileOf(head, fixedBlock, entries);
    const reading = fixedArray(file, ADDRESS, grid(2 ** 30));
    await expect(reading).rejects.toMatchObject({ code: 'ERR_PTH_TOO_LARGE' });
  });

  it('costs what its blocks are, in an array that has none', async () => {
    // No entries in the first block, two in the smallest others, and pointers to one block of blocks after the other.
    const head = [...text('EAHD'), 0, 0, 8, 32, 0, 2, 1, 10, ...Array<number>(48).fill(0)];
    const first = ADDRESS + 72;
    const levels = 32;
    const blocks = 14 + 8 * levels;
    const pointers = Array.from({ length: levels }, (_, i) =>
      i === 20 ? word(first + blocks) : Array<number>(8).fill(255),
    );
    const block = [...text('EAIB'), 0, 0, ...word(ADDRESS), ...pointers.flat()];
    const pointersOfBlocks = new Uint8Array(18 + 1024 + 8 * 1024).fill(255);
    pointersOfBlocks.set(text('EASB'));
    const file = await fileOf([...head, ...word(first), 0, 0, 0, 0], block, pointersOfBlocks);
    const reading = extensibleArray(file, ADDRESS, grid(null));
    await expect(reading).rejects.toMatchObject({ code: 'ERR_PTH_TOO_LARGE' });
  });
});

describe('what stands in places that were never written', () => {
  it('is zero where the first version of the message has no value, whatever length it gives', () => {
    const content = Uint8Array.of(1, 2, 2, 0, 255, 255, 255, 255);
    expect(fillOf({ type: 5, place: 0, content }, undefined, 4)).toBeNull();
  });

  it('is the value of either version that has one', () => {
    const value = [0, 0, 128, 63];
    for (const start of [
      [1, 2, 2, 1],
      [2, 2, 2, 1],
      [3, 0x20],
    ]) {
      const content = Uint8Array.from([...start, 4, 0, 0, 0, ...value]);
      expect(fillOf({ type: 5, place: 0, content }, undefined, 4)).toEqual(Uint8Array.from(value));
    }
  });
});
