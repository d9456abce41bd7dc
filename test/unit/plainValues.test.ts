import { describe, expect, it } from 'vitest';
import { openWeights } from '../../src/pth/weightFile.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { bytes, legacyFile, op, type Part } from '../support/pickles.js';

const tensor = op.tensor(op.storage('0', 'FloatStorage', 1), 0, [1], [1]);

/** What is read of a value that lies beside the tensors: itself, or the type of what was passed over. */
async function beside(value: Part): Promise<unknown> {
  const file = await openWeights(
    legacyFile(op.dict({ netG: op.dict({ w: tensor }), value }), { 0: [1] }),
  );
  return file.extras.has('value')
    ? { plain: JSON.parse(JSON.stringify(file.extras.get('value'))) }
    : { passedOver: file.passedOver.find(({ name }) => name === 'value')?.type };
}

/** The same of a configuration, which is JSON text in a zip file. */
async function configured(config: unknown): Promise<unknown> {
  const weights = new Map([['w', new Tensor(Float32Array.of(1), [1])]]);
  const file = await openWeights(encodeStateDict(weights, 'x.pth', { config: config as never }));
  return file.config === undefined ? {} : { plain: JSON.parse(JSON.stringify(file.config)) };
}

const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
const nestedDicts = (levels: number): unknown =>
  levels === 0 ? 1 : { a: nestedDicts(levels - 1) };
const lists = (levels: number): Part => (levels === 0 ? op.int(1) : op.list(lists(levels - 1)));
const tuples = (levels: number): Part => (levels === 0 ? op.int(1) : op.tuple(tuples(levels - 1)));
const dicts = (levels: number): Part =>
  levels === 0 ? op.int(1) : op.dict({ a: dicts(levels - 1) });

describe('a value beside the tensors', () => {
  it.each([1, 2, 3, 4])('may be nested: %i levels', async (levels) => {
    expect(await beside(lists(levels))).toEqual({ plain: nested(levels) });
    expect(await beside(tuples(levels))).toEqual({ plain: nested(levels) });
    expect(await beside(dicts(levels))).toEqual({ plain: nestedDicts(levels) });
    expect(await configured(nestedDicts(levels))).toEqual({ plain: nestedDicts(levels) });
  });

  it.each([5, 6, 300])('is passed over when it is nested deeper: %i levels', async (levels) => {
    expect(await beside(lists(levels))).toEqual({ passedOver: 'list' });
    expect(await beside(tuples(levels))).toEqual({ passedOver: 'tuple' });
    expect(await beside(dicts(levels))).toEqual({ passedOver: 'dict' });
    expect(await configured(nestedDicts(levels))).toEqual({});
  });

  it('is nested in each of its places alike', async () => {
    const levels = op.list(lists(3), op.int(2), lists(3));
    expect(await beside(levels)).toEqual({ plain: [nested(3), 2, nested(3)] });
    expect(await beside(op.list(op.int(2), lists(4)))).toEqual({ passedOver: 'list' });
    expect(await beside(op.dict({ a: op.int(2), b: dicts(4) }))).toEqual({ passedOver: 'dict' });
  });

  it('has at most 256 items, all levels together', async () => {
    const items = (count: number) => op.list(...new Array<Part>(count).fill(op.int(1)));
    const ones = (count: number) => new Array<number>(count).fill(1);
    expect(await beside(items(256))).toEqual({ plain: ones(256) });
    expect(await beside(items(257))).toEqual({ passedOver: 'list' });
    expect(await beside(op.list(items(100), items(154)))).toEqual({
      plain: [ones(100), ones(154)],
    });
    expect(await beside(op.list(items(100), items(155)))).toEqual({ passedOver: 'list' });
    const config = (count: number) => ({ a: ones(count) });
    expect(await configured(config(255))).toEqual({ plain: config(255) });
    expect(await configured(config(256))).toEqual({});
  });

  it('holds numbers, texts, truth and nothing, and no bytes or objects', async () => {
    const half = bytes('G', 0x3f, 0xe0, 0, 0, 0, 0, 0, 0);
    expect(await beside(op.list(half, op.text('é'), 0x88, 0x89, 'N', op.int(-3)))).toEqual({
      plain: [0.5, 'é', true, false, null, -3],
    });
    expect(await beside(bytes('C', 1, 255))).toEqual({ passedOver: 'bytes' });
    expect(await beside(op.list(bytes('C', 1, 255)))).toEqual({ passedOver: 'list' });
    expect(await beside(bytes('}(', op.int(1), op.int(2), 'u'))).toEqual({ passedOver: 'dict' });
  });
});

describe('what is passed over', () => {
  const other = op.reduce(op.global('collections', 'deque'), op.tuple());

  it('is named with its type: beside the state dict, and in it', async () => {
    const netG = op.dict({ w: tensor, steps: op.int(3), seen: other });
    const root = op.dict({ opt: other, epoch: op.int(1), netG, extra: tensor });
    const file = await openWeights(legacyFile(root, { 0: [1] }));
    expect([file.key, [...file.extras.keys()]]).toEqual(['netG', ['epoch']]);
    expect(file.passedOver).toEqual([
      { name: 'opt', type: 'collections.deque' },
      { name: 'extra', type: 'tensor' },
      { name: 'steps', type: 'int' },
      { name: 'seen', type: 'collections.deque' },
    ]);
  });

  it('is only what is no tensor where the file is the state dict, and plain data are read', async () => {
    const root = op.dict({ w: tensor, epoch: op.int(1), seen: other });
    const file = await openWeights(legacyFile(root, { 0: [1] }));
    expect([file.key, [...file.extras.keys()], [...file.tensors.keys()]]).toEqual([
      '',
      ['epoch'],
      ['w'],
    ]);
    expect(file.passedOver).toEqual([{ name: 'seen', type: 'collections.deque' }]);
  });

  it('is listed once where a network is a part of a flat state dict', async () => {
    const root = op.dict({ 'netG_A.w': tensor, 'netG_B.w': tensor, seen: other });
    const file = await openWeights(legacyFile(root, { 0: [1] }), { key: 'netG_A' });
    expect([...file.tensors.keys()]).toEqual(['w']);
    expect(file.passedOver).toEqual([{ name: 'seen', type: 'collections.deque' }]);
  });
});
