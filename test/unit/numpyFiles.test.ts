import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { loadStateDict } from '../../src/pth/loadStateDict.js';
import { openWeights, verifyWeights } from '../../src/pth/weightFile.js';
import { goldenBytes, goldenPath } from '../support/golden.js';

const fileOf = (name: string) => goldenPath(`numpyFiles/${name}`);
const tiny = await openGenerator(goldenPath('tiny_zip.pth'));
const expected = [...tiny.module.stateDict()].map(([key, { data }]) => [key, [...data]]);

describe('arrays by name', () => {
  it.each(['plain.npz', 'compressed.npz', 'protocol2.pdparams', 'protocol4.pdparams'])(
    'of %s are the weights that were put in',
    async (name) => {
      const { module, family } = await openGenerator(fileOf(name));
      expect(family.name).toBe(tiny.family.name);
      const found = [...module.stateDict()].map(([key, { data }]) => [key, [...data]]);
      expect(found).toEqual(expected);
    },
  );

  it('are read from memory, and compared with their checksums', async () => {
    const bytes = goldenBytes('numpyFiles/plain.npz');
    expect((await loadStateDict(bytes)).size).toBe(expected.length);
    expect(await verifyWeights(bytes)).toBe(0);
    bytes[bytes.length >> 1] ^= 1;
    await expect(verifyWeights(bytes)).rejects.toMatchObject({ code: 'ERR_PTH_CHECKSUM' });
  });

  it('of several networks are told apart, under the names that PyTorch has', async () => {
    const { tensors, extras } = await openWeights(fileOf('several.pdparams'), { key: 'other' });
    expect([...tensors.keys()]).toEqual(
      ['fc.weight', 'bn.running_mean', 'bn.num_batches_tracked', 'bn.running_var'].sort(
        (a, b) => ORDER.indexOf(a) - ORDER.indexOf(b),
      ),
    );
    expect(extras.get('epoch')).toBe(3);
    const weights = await loadStateDict(fileOf('several.pdparams'), { key: 'other' });
    // Paddle's linear layers have [in, out].
    expect(weights.get('fc.weight')?.shape).toEqual([3, 2]);
    expect([...(weights.get('fc.weight')?.data ?? [])]).toEqual([0, 3, 1, 4, 2, 5]);
  });
});

const ORDER = ['fc.weight', 'bn.running_mean', 'bn.running_var', 'bn.num_batches_tracked'];

describe('what is no array', () => {
  it.each([
    ['no header', new Uint8Array(40)],
    [
      'a header without its end',
      Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 255, 255, 123),
    ],
    ['nothing', new Uint8Array(0)],
  ])('is refused: %s', async (_, content) => {
    const file = zipSync({ 'a.npy': content }, { level: 0 });
    await expect(openWeights(file)).rejects.toMatchObject({ code: 'ERR_PTH_NUMPY' });
  });

  it('is refused where its shape asks for more', async () => {
    const text = "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000), }\n";
    const head = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length, 0);
    const content = new Uint8Array([...head, ...new TextEncoder().encode(text)]);
    await expect(openWeights(zipSync({ 'a.npy': content }, { level: 0 }))).rejects.toMatchObject({
      code: 'ERR_PTH_NUMPY',
    });
  });
});
