import { describe, expect, it } from 'vitest';
import { judge } from '../fuzz/judge.js';
import { bytes, legacyFile, op, type Part } from '../support/pickles.js';

/** The same part so many times, which the reader of test code need not join a hundred thousand times. */
function repeated(part: Part, times: number): Uint8Array {
  const once = bytes(part);
  const all = new Uint8Array(once.length * times);
  for (let i = 0; i < times; i++) all.set(once, i * once.length);
  return all;
}

/** So many entries of a dict with one value. */
const entries = (count: number, value: Part): Part =>
  Array.from({ length: count }, (_, i) => [[0x8c, 4, i.toString(36).padStart(4, '0')], value]);

/** A value that the memo keeps under a number, and not the stack. */
const kept = (number: number, value: Part): Part => [value, 'q', number, '0'];
const get = (number: number): Part => ['h', number];

const floats = op.reduce(op.global('numpy', 'dtype'), op.tuple(op.text('f4'), 0x89, 0x88));
const float32 = [
  floats,
  op.tuple(op.int(3), op.text('<'), 'NNN', op.int(-1), op.int(-1), op.int(0)),
  'b',
];

/**
 * Files of a hundred kilobytes in which one part is long and looked at many times. Where looking takes as long as the
 * part, each takes seconds; `judge` gives less.
 */
const CASES: Readonly<Record<string, Part>> = {
  'calls of what calls gave': [
    kept(0, ['ca\nb\n', repeated(')R', 4000)]),
    ['}(', entries(4000, get(0)), 'u'],
  ],
  'classes around classes': [
    kept(0, op.global('a', 'b')),
    kept(1, [repeated(get(0), 3000), 'N', repeated([0x85, 'R'], 3000)]),
    ['}(', entries(8000, get(1)), 'u'],
  ],
  'attributes of many parts': [
    kept(0, op.global('torch._tensor', '_rebuild_from_type_v2')),
    kept(1, op.global('torch', 'Tensor')),
    kept(2, ')'),
    kept(3, ['(', repeated('N', 60_000), 't']),
    [
      '}(',
      entries(4000, [
        get(0),
        op.tuple(op.global('torch._utils', '_rebuild_sparse_tensor'), get(1), get(2), get(3)),
        'R',
      ]),
      'u',
    ],
  ],
  'a shape of many sides, of numbers that cannot be read': [
    kept(0, op.global('torch._utils', '_rebuild_tensor_v2')),
    kept(1, op.storage('0', 'ComplexFloatStorage', 0)),
    kept(2, ['(', repeated(['K', 1], 30_000), 't']),
    ['}(', entries(4000, [get(0), op.tuple(get(1), 'K\0', get(2), get(2), 0x89, 'N'), 'R']), 'u'],
  ],
  'an array of long text': [
    kept(0, op.global('torch._utils', '_rebuild_xla_tensor')),
    kept(
      1,
      op.reduce(
        op.global('_codecs', 'encode'),
        op.tuple(op.text('a'.repeat(60_000)), op.text('latin1')),
      ),
    ),
    kept(2, float32),
    kept(
      3,
      op.reduce(
        op.global('numpy.core.numeric', '_frombuffer'),
        op.tuple(get(1), get(2), ')', op.text('C')),
      ),
    ),
    kept(4, op.global('torch', 'float32')),
    ['}(', entries(4000, [get(0), op.tuple(get(3), get(4), op.text('cpu'), 0x89), 'R']), 'u'],
  ],
  'dicts within one of a long name': op.dict({
    ['a'.repeat(60_000)]: [
      '}(',
      entries(2000, op.dict({ w: op.tensor(op.storage('0', 'FloatStorage', 1), 0, [], []) })),
      'u',
    ],
  }),
  'a class of a name that nearly is a tensor’s': op.dict({
    k: op.reduce(
      op.global('a', `${'_rebuild_'.repeat(6000)}!`),
      op.tuple(op.reduce(op.global('torch.nn.parameter', 'Parameter'), ')')),
    ),
  }),
  'objects of one class of a long name': [
    kept(0, op.global('a', `${'Net'.repeat(20_000)}!`)),
    ['}(', entries(6000, [get(0), ')R']), 'u'],
  ],
  'backslashes without end': ['}(V', '\\'.repeat(60_000), 'x\nNu'],
  'digits without end': ['}(F', '1'.repeat(60_000), 'x\nNu'],
};

describe('one part that is long, and looked at many times', () => {
  it.each(Object.entries(CASES))('%s: soon one error', async (_, object) => {
    expect((await judge(legacyFile(object, { 0: [1] }))).code).toMatch(/^ERR_P/);
  });
});

describe('what the limits leave', () => {
  it.each(['1', '1.', '.5', '-1.5e-3', '+2E10', '1e5'])('%s is a float', async (text) => {
    const { tensors } = await readable(op.dict({ lr: ['F', text, '\n'] }));
    expect([...tensors.keys()]).toEqual(['w']);
  });

  it.each(['', '.', 'e5', '1e', '1.5.2', '0x1'])('"%s" is none', async (text) => {
    const file = legacyFile(['}(', op.text('lr'), 'F', text, '\nu'], {});
    expect(await judge(file)).toEqual({ code: 'ERR_PICKLE' });
  });
});

/** A file with a tensor `w` and something beside it. */
async function readable(beside: Part) {
  const weights = op.dict({ w: op.tensor(op.storage('0', 'FloatStorage', 1), 0, [], []) });
  const verdict = await judge(legacyFile(op.dict({ beside, weights }), { 0: [1] }));
  if (verdict.code !== null) throw new Error(verdict.code);
  return verdict;
}
