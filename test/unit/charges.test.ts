import { describe, expect, it } from 'vitest';
import { memorySource } from '../../src/platform/byteSource.js';
import { Budget } from '../../src/pth/budget.js';
import { numpyArray } from '../../src/pth/numpyArray.js';
import { passedOver } from '../../src/pth/passedOver.js';
import { unpickle } from '../../src/pth/pickle/unpickle.js';
import { findStateDict } from '../../src/pth/stateDict.js';
import { RebuiltTensors } from '../../src/pth/tensorRef.js';
import { openContainer } from '../../src/pth/weightFile.js';
import { legacyFile, ndarray, op, type Part, pickle } from '../support/pickles.js';

/** Far more than anything here takes, so that costs can be seen. */
const ROOM = { factor: 1 << 20, slack: 0, values: Number.MAX_SAFE_INTEGER };
/** What V8 takes for an object of a few fields, a place in a map, and a place in a list. */
const [OBJECT, IN_MAP, IN_LIST] = [80, 48, 8];

const t = op.tensor(op.storage('0', 'FloatStorage', 6), 0, [2, 3], [3, 1]);

function taken(action: (budget: Budget) => void): number {
  const budget = new Budget(1, 0, ROOM);
  action(budget);
  return budget.taken;
}

function read(part: Part) {
  return unpickle(pickle(part), 0, new Budget(1, 0, ROOM)).value;
}

describe('what is made of a pickle is charged by what it takes', () => {
  const parameter = (part: Part) =>
    op.reduce(op.global('torch._utils', '_rebuild_parameter'), op.tuple(part, 0x88, 'N'));
  /** The tensor, its storage and what is known of it; a size and a stride for each side. */
  const tensor = 3 * OBJECT + IN_MAP + 2 * 2 * IN_LIST;

  it.each([
    ['a tensor', t, tensor],
    ['a parameter around one', parameter(t), tensor + IN_MAP],
    ['two of them', parameter(parameter(t)), tensor + 2 * IN_MAP],
  ])('%s', (_, part, least) => {
    const value = read(part);
    const times = (count: number) =>
      taken((budget) => {
        const tensors = new RebuiltTensors(budget);
        for (let i = 0; i < count; i++) tensors.ref(value, 'w');
      });
    expect(times(1)).toBeGreaterThanOrEqual(least);
    expect(times(1)).toBeLessThan(2 * least);
    // It is known from then on.
    expect(times(1000)).toBe(times(1));
  });

  it('what is passed over: its name and its type', async () => {
    const object = op.reduce(op.global('mine', 'Class'), ')');
    const entries = Array.from({ length: 100 }, (_, i) => [op.text(`k${i}`), 'h\0']);
    const root: Part = [object, 'q\0', '0}(', op.text('w'), t, entries, 'u'];
    const { opened } = await openContainer(
      memorySource(legacyFile(root, { 0: [1, 2, 3, 4, 5, 6] })),
    );
    const found = findStateDict(opened);
    const before = opened.budget.taken;
    expect(passedOver(opened, found, new Set())).toHaveLength(100);
    // Each is looked at, and it is asked whether it is a tensor.
    const least = OBJECT + 1 + IN_MAP;
    expect(opened.budget.taken - before).toBeGreaterThanOrEqual(100 * least);
  });

  it('an array: its text, each time that it is looked through', () => {
    const text = 'a'.repeat(4000);
    const encoded = op.reduce(
      op.global('_codecs', 'encode'),
      op.tuple(op.text(text), op.text('latin1')),
    );
    const value = read(ndarray(new Array<number>(1000).fill(0), 'f4', encoded));
    expect(numpyArray(value, new Budget(1, 0, ROOM))?.bytes()).toHaveLength(text.length);
    for (const count of [1, 5]) {
      const cost = taken((budget) => {
        for (let i = 0; i < count; i++) numpyArray(value, budget);
      });
      expect(cost).toBeGreaterThanOrEqual(count * text.length);
    }
  });
});
