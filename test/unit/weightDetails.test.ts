import { describe, expect, it } from 'vitest';
import { inspectWeights } from '../../src/generator/inspectWeights.js';
import { PthError } from '../../src/pth/pthError.js';
import { openWeights } from '../../src/pth/weightFile.js';
import { legacyFile, op } from '../support/pickles.js';

/** A storage of four numbers, of which a view has `length` from `start` on, as torch before 0.4 could write them. */
const viewing = async (start: number, length: number): Promise<number[]> => {
  const view = op.tuple(op.text('view'), op.int(start), op.int(length));
  const storage = op.storage('0', 'FloatStorage', 4, view);
  const root = op.dict({ w: op.tensor(storage, 0, [length], [1]) });
  const file = await openWeights(legacyFile(root, { 0: [10, 20, 30, 40] }));
  return [...(await file.tensor('w')).data];
};

describe('a view of a storage', () => {
  it('may lie anywhere in it', async () => {
    expect(await viewing(0, 4)).toEqual([10, 20, 30, 40]);
    expect(await viewing(0, 2)).toEqual([10, 20]);
    expect(await viewing(1, 2)).toEqual([20, 30]);
    expect(await viewing(1, 3)).toEqual([20, 30, 40]);
    expect(await viewing(3, 1)).toEqual([40]);
  });

  it.each([
    [0, 5],
    [1, 4],
    [4, 1],
    [-1, 2],
  ])('may not reach beyond it: %i, %i', async (start, length) => {
    await expect(viewing(start, length)).rejects.toThrow(/view|Storage/);
    await expect(viewing(start, length)).rejects.toThrow(PthError);
  });
});

it('an error of a file names the error that it comes from, and only that', () => {
  const inner = new PthError('ERR_PTH_ZIP', 'broken', { offset: 7, key: 'w' });
  expect('cause' in inner).toBe(false);
  const outer = inner.inFile('x.pth');
  expect(outer.cause).toBe(inner);
  expect([outer.message, outer.code, outer.offset, outer.key]).toEqual([
    'x.pth: broken (at byte 7).',
    'ERR_PTH_ZIP',
    7,
    'w',
  ]);
});

it('numbers of tensors are told when they are asked for', async () => {
  const storage = op.storage('0', 'FloatStorage', 4);
  const file = legacyFile(op.dict({ w: op.tensor(storage, 0, [4], [1]) }), { 0: [1, 2, 3, 6] });
  const [plain] = (await inspectWeights(file)).tensors;
  expect(plain).toEqual({ key: 'w', dtype: 'float32', shape: [4] });
  const [withNumbers] = (await inspectWeights(file, { stats: true })).tensors;
  expect(withNumbers).toMatchObject({ key: 'w', mean: 3 });
});
