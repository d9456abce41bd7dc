import { strToU8, zipSync } from 'fflate';
import { expect, it } from 'vitest';
import { openWeights } from '../../src/pth/weightFile.js';
import { type FlatTable, flatBuffer } from '../support/flatBuffers.js';

/** Kinds of values, as mobile_bytecode.fbs counts them. */
const KIND = { tensor: 5, text: 6, list: 7, tuple: 8, dict: 9, object: 10 };

it('lists, tuples and dicts of tensors in a mobile program are told of', async () => {
  const value = (kind: number, table: FlatTable): FlatTable => ({ 0: { byte: kind }, 1: table });
  const words = (...numbers: number[]) => ({ words: numbers });
  const tensor = value(KIND.tensor, { 1: { byte: 6 }, 3: words(1), 4: words(1) });
  const file = flatBuffer({
    3: 5,
    4: [
      tensor,
      value(KIND.list, { 0: words(0, 0) }),
      value(KIND.tuple, { 0: words(0) }),
      value(KIND.text, { 0: 'key' }),
      value(KIND.dict, { 0: words(3), 1: words(0) }),
      value(KIND.object, { 0: 0, 2: words(0, 1, 2, 4) }),
    ],
    6: [{ 0: new Uint8Array(4) }],
    7: [{ 0: '__torch__.Network', 2: ['weight', 'parts', 'pair', 'table'] }],
  });
  const { tensors, passedOver } = await openWeights(file);
  expect([...tensors.keys()]).toEqual(['weight']);
  expect(passedOver).toEqual([
    { name: 'parts', type: 'list' },
    { name: 'pair', type: 'tuple' },
    { name: 'table', type: 'dict' },
  ]);
});

it('a folder of TensorFlow.js is not taken for a program of torch 1.0 to 1.3', async () => {
  const model = { format: 'graph-model', modelTopology: {}, weightsManifest: [] };
  const file = zipSync({
    'web/model.json': strToU8(JSON.stringify(model)),
    'web/group1-shard1of1.bin': new Uint8Array(16),
  });
  await expect(openWeights(file)).rejects.not.toMatchObject({
    message: expect.stringMatching(/TorchScript|holds no tensors/),
  });
});
