import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diffWeights } from '../../../src/generator/diffWeights.js';
import { inspectWeights } from '../../../src/generator/inspectWeights.js';
import { loadStateDict } from '../../../src/pth/loadStateDict.js';
import { openWeights } from '../../../src/pth/weightFile.js';
import { fixtureBytes, fixturePath, hasFixtures } from '../../support/fixtures.js';

const report = (...parts: string[]) => fixturePath('reports', ...parts);

/** The generator that most of these files hold: what torch 2.13.0 reads. */
async function expectGenerator(path: string, key?: string): Promise<void> {
  const file = await openWeights(path, { key });
  const stateDict = await file.stateDict();
  expect(stateDict.size).toBe(16);
  expect([...stateDict.keys()].slice(0, 2)).toEqual(['model.1.weight', 'model.1.bias']);
  expect([...stateDict.keys()].at(-1)).toBe('model.18.bias');
  const first = await file.read('model.1.weight');
  expect([first.dtype, first.shape]).toEqual(['float32', [4, 3, 7, 7]]);
  const { buffer, byteOffset, byteLength } = first.data;
  const digest = createHash('sha256').update(new Uint8Array(buffer, byteOffset, byteLength));
  expect(digest.digest('hex').slice(0, 16)).toBe('6ca4188a074c8c97');
  const { generator } = await inspectWeights(path, { key });
  expect(generator?.config).toMatchObject({ inputNc: 3, outputNc: 3, ngf: 4, nBlocks: 1 });
}

describe.skipIf(!hasFixtures)('checkpoints with other things beside the state dict', () => {
  it.each([
    ['pth-multisteplr-counter', 'input.pth', 'state_dict', undefined],
    ['pth-python-set', 'input.pth', 'state_dict', undefined],
    ['pth-python-set', 'input_protocol4.pth', 'state_dict', undefined],
    ['pth-long-integer', 'input.pth', 'state_dict', undefined],
    ['pth-loss-history', 'input.pth', 'state_dict', undefined],
    ['pth-odd-tensor-beside', 'input.pth', 'state_dict', undefined],
    ['pth-tuple-beside-tensors', 'input.pth', '', undefined],
    ['pth-tuple-top', 'input.pth', '0', undefined],
    ['pth-tuple-top', 'input.pth', '0', '0'],
    ['pth-int-keys', 'input.pth', '0', '0'],
    ['pth-list-of-state-dicts', 'input.pth', 'state_dict.0', 'state_dict.0'],
  ])('%s/%s: under "%s", asked for %s', async (folder, name, key, wanted) => {
    const path = report(folder, name);
    expect((await openWeights(path, { key: wanted })).key).toBe(key);
    await expectGenerator(path, wanted);
  });

  it.each([
    ['pth-int-keys', '"0" (16 tensors), "1" (16 tensors)'],
    ['pth-list-of-state-dicts', '"state_dict.0" (16 tensors), "state_dict.1" (16 tensors)'],
  ])('%s: names those that could be meant', async (folder, names) => {
    await expect(openWeights(report(folder, 'input.pth'))).rejects.toMatchObject({
      code: 'ERR_PTH_AMBIGUOUS',
      message: expect.stringContaining(names),
    });
    await expect(openWeights(report(folder, 'input.pth'), { key: 'x' })).rejects.toMatchObject({
      code: 'ERR_PTH_NO_KEY',
      message: expect.stringContaining(names),
    });
  });

  it('are told of by name', async () => {
    const { passedOver } = await openWeights(report('pth-odd-tensor-beside', 'input.pth'));
    expect(passedOver).toEqual([
      { name: 'spectrum', type: 'tensor' },
      { name: 'mask', type: 'tensor' },
    ]);
    const { passedOver: sets } = await openWeights(report('pth-python-set', 'input.pth'));
    expect(sets).toEqual([{ name: 'seen', type: 'set' }]);
  });
});

describe.skipIf(!hasFixtures)('tensors as torch 2 saves them', () => {
  it('have the sign of a negated view, however they are read', async () => {
    const path = report('pth-negated-view', 'neg.pth');
    const file = await openWeights(path);
    expect([...(await file.read('y')).data]).toEqual([-2]);
    expect([...(await file.tensor('y')).data]).toEqual([-2]);
    expect([...((await file.stateDict()).get('y')?.data ?? [])]).toEqual([-2]);
    const { tensors } = await inspectWeights(path, { stats: true });
    expect(tensors[0].mean).toBe(-2);
    expect((await diffWeights(path, path)).equal).toBe(1);
  });

  it('may be parameters and tensors with attributes', async () => {
    const file = await openWeights(report('pth-named-parameters', 'g_named_params.pth'));
    expect(file.tensors.size).toBeGreaterThan(10);
    const { generator } = await inspectWeights(
      report('pth-named-parameters', 'g_named_params.pth'),
    );
    expect(generator).not.toBeNull();
    const tagged = await loadStateDict(report('pth-tensor-attribute', 't.pth'));
    expect([...(tagged.get('p')?.data ?? [])]).toEqual([1, 1]);
  });

  it('may be powers of two in a byte', async () => {
    const file = await openWeights(report('pth-float8-e8m0fnu', 'pt_float8_e8m0fnu.pth'));
    const [[key, { dtype }]] = file.tensors;
    expect(dtype).toBe('float8_e8m0fnu');
    const bytes = (await file.read(key)).data as Uint8Array;
    const floats = (await file.tensor(key)).data;
    expect(bytes.length).toBeGreaterThan(0);
    for (const [i, byte] of bytes.entries()) {
      expect(floats[i]).toBe(byte === 255 ? Number.NaN : 2 ** (byte - 127));
    }
  });
});

describe.skipIf(!hasFixtures)('archives that were unpacked, or are no weights', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'cyclegan-unpacked-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const unpack = (to: string) => {
    const zip = unzipSync(fixtureBytes('reports', 'pth-tuple-beside-tensors', 'input.pth'));
    for (const [name, content] of Object.entries(zip)) {
      const path = join(to, name.slice(name.indexOf('/') + 1));
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, content);
    }
  };

  it('data.pkl alone is told what it is', async () => {
    const path = report('inspect-unpacked-archive', 'data.pkl');
    for (const source of [path, fixtureBytes('reports', 'inspect-unpacked-archive', 'data.pkl')]) {
      await expect(openWeights(source)).rejects.toMatchObject({
        code: 'ERR_PTH_UNPACKED',
        message: expect.stringMatching(/inner pickle of torch's zip archive, without the numbers/),
      });
    }
  });

  it('a folder is read, by its own path or that of data.pkl', async () => {
    const whole = join(folder, 'whole');
    unpack(whole);
    await expectGenerator(whole);
    await expectGenerator(join(whole, 'data.pkl'));
    expect((await openWeights(whole)).container).toBe('folder');
  });

  it('a folder is not left through a link', async () => {
    const linked = join(folder, 'linked');
    unpack(linked);
    cpSync(join(linked, 'data/0'), join(folder, 'elsewhere'));
    rmSync(join(linked, 'data/0'));
    symlinkSync(join(folder, 'elsewhere'), join(linked, 'data/0'));
    await expect(openWeights(linked)).rejects.toMatchObject({ code: 'ERR_PTH_STORAGE' });
  });

  it('TorchScript of torch 1.0 is named, and read', async () => {
    const file = await openWeights(report('inspect-torchscript-1.0', 'input.pt'));
    expect(file.writer).toContain('TorchScript');
    expect([...file.tensors.keys()]).toEqual(['weight']);
    expect(file.tensors.get('weight')?.shape).toEqual([4, 3, 7, 7]);
  });
});

describe.skipIf(!hasFixtures)('right reading or refusal', () => {
  const both = (folder: string, name: string) =>
    ['legacy', 'zip'].map((kind) => report(folder, `${name}.${kind}.pth`));

  it.each([
    ...['arity4', 'arity5', 'arity8', 'float_off', 'float_size', 'od_arg_none', 'od_two_args'],
    ...['param1', 'param5', 'v1_arity6'],
  ])('strict-arity: %s is a TypeError in torch 1.13', async (name) => {
    for (const path of both('strict-arity', name)) {
      await expect(loadStateDict(path)).rejects.toMatchObject({ name: 'PthError' });
    }
  });

  it.each(['float_numbers', 'three_offsets'])('strict-arity: %s.safetensors', async (name) => {
    await expect(
      loadStateDict(report('strict-arity', `${name}.safetensors`)),
    ).rejects.toMatchObject({ code: 'ERR_PTH_SAFETENSORS' });
  });

  it('strict-build-on-tensor: [3, 4] in torch 1.13, or an error', async () => {
    for (const path of both('strict-build-on-tensor', 'build_on_tensor4')) {
      await expect(loadStateDict(path)).rejects.toMatchObject({ code: 'ERR_PTH_TENSOR' });
    }
  });

  it('strict-duplicate-key: 3 in torch 1.13', async () => {
    for (const path of both('strict-duplicate-key', 'dup_then_scalar')) {
      await expect(loadStateDict(path)).rejects.toMatchObject({ code: 'ERR_PTH_NOT_STATE_DICT' });
    }
  });

  it.each([
    ['bom_key2', ['\ufeffw', 'w']],
    ['surrogate_key', ['\ud800', '\ud801']],
    ['string_s_escape', ['aAb']],
    ['unicode_v_escape', ['Abc']],
  ])('strict-keys: %s', async (name, keys) => {
    for (const path of both('strict-keys', name)) {
      expect([...(await loadStateDict(path)).keys()]).toEqual(keys);
    }
  });

  it('strict-ordereddict-of-dict', async () => {
    for (const path of both('strict-ordereddict-of-dict', 'od_dictarg')) {
      const stateDict = await loadStateDict(path);
      expect([...stateDict.keys()]).toEqual(['w']);
      expect(stateDict.get('w')?.shape).toEqual([2, 3]);
    }
  });
});
