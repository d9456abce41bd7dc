import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadCheckpoint } from '../../src/pth/loadCheckpoint.js';
import { type CheckpointToSave, encodeCheckpoint } from '../../src/pth/write/saveCheckpoint.js';
import { Tensor } from '../../src/tensor/tensor.js';

const roundTrip = (value: CheckpointToSave) => loadCheckpoint(encodeCheckpoint(value));

describe('a checkpoint', () => {
  it('comes back as it was saved', async () => {
    const key = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.integer({ min: -(2 ** 53) + 1, max: 2 ** 53 - 1 }),
    );
    const { value } = fc.letrec<{ value: CheckpointToSave }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constant(null),
        fc.boolean(),
        fc.double(),
        fc.maxSafeInteger(),
        fc.string({ unit: 'grapheme' }),
        fc.float32Array({ maxLength: 4 }).map((data) => new Tensor(data, [data.length])),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(value, async (one) => {
        expect(await roundTrip(one)).toEqual(one);
      }),
      { numRuns: 200 },
    );
  });

  it('has numbers for names of objects that are whole numbers', async () => {
    const saved = await roundTrip({ state: { 0: 1.5, 10: null, '01': true, x: undefined } });
    const state = new Map<string | number, unknown>([
      [0, 1.5],
      [10, null],
      ['01', true],
    ]);
    expect(saved).toEqual(new Map([['state', state]]));
  });

  it('of a whole state dict has its tensors', async () => {
    const stateDict = new Map([
      ['a.weight', Tensor.full([2, 3], 0.25)],
      ['steps', Tensor.full([], 7)],
    ]);
    expect(await roundTrip({ model: stateDict })).toEqual(new Map([['model', stateDict]]));
  });

  it.each([
    ['a function', { a: [() => 1] as never }, /"a.0" of a checkpoint is .*cannot be saved/],
    ['undefined within a list', [undefined] as never, /"0" of a checkpoint is undefined/],
    ['half a surrogate pair', { x: '\ud800' }, /"x" of a checkpoint.*UTF-8/],
    ['a name that is none', new Map([[0.5 as never, 1]]), /is a number, which is no name/],
    [
      'a tensor of another size',
      { t: { data: new Float32Array(2), shape: [3] } },
      /"t".*3 elements/,
    ],
  ])('refuses %s', (_, value, message) => {
    expect(() => encodeCheckpoint(value)).toThrow(message);
  });

  it('that holds itself is refused', () => {
    const list: CheckpointToSave[] = [];
    list.push(list);
    expect(() => encodeCheckpoint(list)).toThrow(/lies too deep/);
  });

  it('is refused as no file of torch’s', async () => {
    await expect(loadCheckpoint(new Uint8Array(100))).rejects.toThrow(/no weight file/);
  });
});
