import { describe, expect, it } from 'vitest';
import { CycleganError } from '../../src/errors.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { compile } from '../../src/nn/compile.js';
import { encodeStateDict, saveStateDict } from '../../src/pth/write/saveStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { translate } from '../../src/translate/translate.js';

/** What callers without a compiler may give in a state dict's place, or a tensor's. */
const VALUES: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['undefined', undefined],
  ['an object', {}],
  ['a number', 5],
  ['a text', 'x'],
  ['an array', []],
  ['bytes', new Uint8Array(3)],
  ['a function', () => 1],
  ['a network', new ResNetGenerator(3, 3, 1, 0)],
];
const MAPS: readonly (readonly [string, unknown])[] = [
  ['a map of null', new Map([['model.1.weight', null]])],
  ['a map of numbers', new Map([['model.1.weight', 5]])],
  [
    'a map of what only looks like a tensor',
    new Map([['model.1.weight', { shape: [1, 3, 7, 7] }]]),
  ],
  ['a map with another kind of keys', new Map([[1, Tensor.zeros([1])]])],
];
const SHAPE = [1, 3, 16, 16];
const netG = new ResNetGenerator(3, 3, 1, 0).eval();
const program = await compile(netG, { inputShape: SHAPE, engine: 'js' });
const picture = { width: 16, height: 16, data: new Uint8Array(3 * 16 * 16) };

type Call = (value: never) => unknown;
const STATE_DICTS: readonly (readonly [string, Call])[] = [
  ['updateParameters', (value) => program.updateParameters(value)],
  ['loadStateDict', (value) => netG.loadStateDict(value)],
  ['fromStateDict', (value) => ResNetGenerator.fromStateDict(value)],
  ['encodeStateDict', (value) => encodeStateDict(value, 'x.pth')],
  ['saveStateDict', (value) => saveStateDict(value, '/nowhere/x.pth')],
];
const OTHERS: readonly (readonly [string, Call])[] = [
  ['run', (value) => program.run(value)],
  ['runAll', (value) => program.runAll(value)],
  ['runAll of a list', (value) => program.runAll([value])],
  ['forward', (value) => netG.forward(value)],
  ['encodeStateDict', (value) => encodeStateDict(netG.stateDict(), value)],
];

async function errorOf(call: Call, value: unknown): Promise<unknown> {
  try {
    await call(value as never);
  } catch (error) {
    return error;
  }
  throw new Error('It was taken.');
}

describe.each(STATE_DICTS)('%s', (_, call) => {
  it.each([...VALUES, ...MAPS])('says that it takes no %s', async (_what, value) => {
    expect(await errorOf(call, value)).toBeInstanceOf(CycleganError);
  });
});

describe.each(OTHERS)('%s', (_, call) => {
  it.each(VALUES.filter(([name]) => name !== 'a text'))(
    'says that it takes no %s',
    async (_what, value) => {
      expect(await errorOf(call, value)).toBeInstanceOf(CycleganError);
    },
  );
});

it.each(VALUES.filter(([name]) => name !== 'a network'))(
  'translate says that no network is %s',
  async (_, value) => {
    const error = await errorOf((network) => translate(picture, network, { resize: null }), value);
    expect(error).toBeInstanceOf(CycleganError);
  },
);

it('what was taken before is as it was', async () => {
  const before = await program.run(Tensor.zeros(SHAPE));
  const other = new ResNetGenerator(3, 3, 1, 0).stateDict();
  const half = new Map([...other, ['model.1.bias', null]]) as never;
  await expect(async () => program.updateParameters(half)).rejects.toThrow(
    /"model\.1\.bias".*null/,
  );
  await expect(async () => program.updateParameters(netG as never)).rejects.toThrow(
    /stateDict\(\)/,
  );
  expect((await program.run(Tensor.zeros(SHAPE))).data).toEqual(before.data);
});
