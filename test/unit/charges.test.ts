import { deflateSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../src/platform/byteSource.js';
import { Budget } from '../../src/pth/budget.js';
import { numpyArray } from '../../src/pth/numpyArray.js';
import { passedOver } from '../../src/pth/passedOver.js';
import { unpickle } from '../../src/pth/pickle/unpickle.js';
import { findStateDict } from '../../src/pth/stateDict.js';
import { TensorReader } from '../../src/pth/tensorReader.js';
import { RebuiltTensors, UnreadableTensor } from '../../src/pth/tensorRef.js';
import { openContainer } from '../../src/pth/weightFile.js';
import { safetensorsFile } from '../support/containers.js';
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

describe('numbers are charged by what is made of them', () => {
  const COUNT = 4000;

  /** What reading the tensor `w` as float32 is charged. */
  async function reading(file: Uint8Array, shared: ReadonlySet<string> | null = null) {
    const { opened } = await openContainer(memorySource(file));
    const ref = findStateDict(opened).refs.get('w');
    if (ref === undefined || ref instanceof UnreadableTensor) throw new Error('no tensor w');
    const budget = new Budget(1, 0, ROOM);
    const data = await new TensorReader(opened, budget, shared).float32(ref, 'w');
    expect(data).toHaveLength(COUNT);
    return budget.taken;
  }

  /** @param at Where the numbers begin, behind a multiple of eight. */
  function safetensors(dtype: string, width: number, at = 0): Uint8Array {
    const header = JSON.stringify({
      w: { dtype, shape: [COUNT], data_offsets: [0, width * COUNT] },
    });
    const length = Math.ceil(header.length / 8) * 8 + at;
    return safetensorsFile(header.padEnd(length), new Uint8Array(width * COUNT));
  }

  it.each<[string, string, number, number, number]>([
    ['float32 as it lies there', 'F32', 4, 0, 0],
    ['float32 that is not aligned', 'F32', 4, 1, 4 * COUNT],
    ['float16', 'F16', 2, 0, 4 * COUNT],
    ['float64', 'F64', 8, 0, 4 * COUNT],
    ['float64 that is not aligned', 'F64', 8, 1, 12 * COUNT],
  ])('%s', async (_, dtype, width, at, cost) => {
    const file = safetensors(dtype, width, at);
    expect(await reading(file)).toBe(cost);
    // Where several tensors have a storage, each gets a copy of its own.
    expect(await reading(file, new Set(['w']))).toBe(cost + width * COUNT);
  });

  it('those of NumPy: out of a text, and rounded', async () => {
    const text = op.reduce(
      op.global('_codecs', 'encode'),
      op.tuple(op.text('\0'.repeat(4 * COUNT)), op.text('latin1')),
    );
    const device = op.reduce(
      op.global('torch._utils', '_rebuild_device_tensor_from_numpy'),
      op.tuple(
        ndarray(new Array<number>(COUNT).fill(0), 'f4', text),
        op.global('torch', 'float32'),
        op.text('xla:0'),
        0x89,
      ),
    );
    const file = legacyFile(op.dict({ w: device }), {});
    expect(await reading(file)).toBeGreaterThanOrEqual(3 * 4 * COUNT);
  });

  it('those of a deflated entry: what it unpacks to, what it is unpacked from, and its checksum', async () => {
    const numbers = Uint8Array.from({ length: 4 * COUNT }, (_, i) => (i % 7 === 0 ? i : 0));
    const root = op.dict({
      w: op.tensor(op.storage('0', 'FloatStorage', COUNT), 0, [COUNT], [1]),
    });
    const entries = { 'x/data.pkl': pickle(root), 'x/data/0': numbers };
    const [stored, deflated] = [0, 6].map((level) => zipSync(entries, { level: level as 0 | 6 }));
    expect(await reading(stored)).toBeGreaterThanOrEqual(numbers.length);
    const packed = deflateSync(numbers, { level: 6 }).length;
    expect(await reading(deflated)).toBe(2 * numbers.length + packed);
  });
});
