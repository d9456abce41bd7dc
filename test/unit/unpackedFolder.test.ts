import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openWeights } from '../../src/pth/weightFile.js';
import { temporaryFolder } from '../support/command.js';
import { ndarray, op, pickle } from '../support/pickles.js';

const home = temporaryFolder();
const start = process.cwd();
beforeAll(() => process.chdir(home.path));
afterAll(() => {
  process.chdir(start);
  home.remove();
});

const NUMBERS = [1, 2, 3, 4];
const tensor = (key: string) =>
  op.tensor(op.storage(key, 'FloatStorage', NUMBERS.length), 0, [NUMBERS.length], [1]);

/** What `unzip` makes of an archive of torch: an object, and the numbers of storage 0. */
function unpack(name: string, key = '0', numbers = NUMBERS): string {
  const folder = join(home.path, name);
  mkdirSync(join(folder, 'data'), { recursive: true });
  writeFileSync(join(folder, 'data.pkl'), pickle(op.dict({ w: tensor(key) })));
  writeFileSync(join(folder, 'data/0'), new Uint8Array(Float32Array.from(numbers).buffer));
  return folder;
}

it('an archive that was unpacked is read by its folder or by its object', async () => {
  const folder = unpack('archive');
  process.chdir(folder);
  for (const path of [folder, `${folder}/data.pkl`, '.', './data.pkl', 'data.pkl']) {
    const file = await openWeights(path);
    expect([...(await file.tensor('w')).data]).toEqual(NUMBERS);
    expect(file.fileSize).toBe(pickle(op.dict({ w: tensor('0') })).length + 16);
  }
  process.chdir(home.path);
});

it.each(['my_data.pkl', 'data.pkl.old'])(
  'an object of another name lies alone: %s',
  async (name) => {
    const folder = unpack(`named-${name}`);
    renameSync(join(folder, 'data.pkl'), join(folder, name));
    process.chdir(folder);
    for (const path of [join(folder, name), name]) {
      await expect(openWeights(path)).rejects.toMatchObject({ code: 'ERR_PTH_UNPACKED' });
    }
  },
);

it('its numbers have the byte order that it names, and those of NumPy their own', async () => {
  const folder = unpack('big');
  const device = op.reduce(
    op.global('torch._utils', '_rebuild_device_tensor_from_numpy'),
    op.tuple(ndarray(NUMBERS), op.global('torch', 'float32'), op.text('xla:0'), 0x89),
  );
  writeFileSync(join(folder, 'data.pkl'), pickle(op.dict({ w: tensor('0'), device })));
  writeFileSync(join(folder, 'byteorder'), 'big');
  const numbers = Buffer.from(Float32Array.from(NUMBERS).buffer).swap32();
  writeFileSync(join(folder, 'data/0'), numbers);
  const file = await openWeights(folder);
  for (const key of ['w', 'device']) expect([...(await file.tensor(key)).data]).toEqual(NUMBERS);
});

it('a storage that is missing, or of another size, or elsewhere is an error', async () => {
  const elsewhere = unpack('elsewhere');
  const linked = unpack('linked');
  rmSync(join(linked, 'data/0'));
  symlinkSync(join(elsewhere, 'data/0'), join(linked, 'data/0'));
  cpSync(join(elsewhere, 'data/0'), join(home.path, 'away'));
  for (const folder of [
    unpack('missing', '1'),
    unpack('short', '0', NUMBERS.slice(1)),
    unpack('outside', '../../away'),
    linked,
  ]) {
    await expect(openWeights(folder)).rejects.toMatchObject({ code: 'ERR_PTH_STORAGE' });
  }
});
