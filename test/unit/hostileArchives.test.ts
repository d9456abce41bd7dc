import { describe, expect, it } from 'vitest';
import { crc32 } from '../../src/platform/crc32.js';
import { openWeights, verifyWeights } from '../../src/pth/weightFile.js';
import { tarFile } from '../support/containers.js';
import { bytes, int64, op, type Part, pickle } from '../support/pickles.js';

const LOCAL_BYTES = 30;

function record(signature: number, length: number, fields: readonly [at: number, value: number][]) {
  const made = new Uint8Array(length);
  const view = new DataView(made.buffer);
  view.setUint32(0, signature, true);
  for (const [at, value] of fields) view.setUint32(at, value, true);
  return made;
}

/**
 * An archive of torch's whose storages lie one in the other: each begins behind its own header, and all end where the last
 * does. Their checksums are right.
 */
function nestedArchive(count: number, numbers: number): Uint8Array {
  const name = (i: number) => `a/data/${String(i).padStart(7, '0')}`;
  const nameLength = name(0).length;
  const headers = Array.from({ length: count }, (_, i) => [
    record(0x04034b50, LOCAL_BYTES, [[26, nameLength]]),
    name(i),
  ]);
  const head = bytes(...headers);
  const body = bytes(head, new Uint8Array(4 * numbers));
  const step = head.length / count;
  const sizeOf = (i: number) => body.length - (i + 1) * step;
  const tensor = (i: number): Part => {
    const elements = sizeOf(i) / 4;
    return op.tensor(
      op.storage(String(i).padStart(7, '0'), 'FloatStorage', elements),
      0,
      [elements],
      [1],
    );
  };
  const object = pickle(
    op.dict(Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${i}`, tensor(i)]))),
  );
  const objectName = 'a/data.pkl';
  const objectHeader = [record(0x04034b50, LOCAL_BYTES, [[26, objectName.length]]), objectName];
  const entry = (path: string, content: Uint8Array, at: number): Part => [
    record(0x02014b50, 46, [
      [16, crc32(content)],
      [20, content.length],
      [24, content.length],
      [28, path.length],
      [42, at],
    ]),
    path,
  ];
  const directory = bytes(
    entry(objectName, object, body.length),
    ...Array.from({ length: count }, (_, i) =>
      entry(name(i), body.subarray((i + 1) * step), i * step),
    ),
  );
  const start = body.length + LOCAL_BYTES + objectName.length + object.length;
  return bytes(
    body,
    ...objectHeader,
    object,
    directory,
    record(0x06054b50, 22, [
      [8, (count + 1) * 0x10001],
      [12, directory.length],
      [16, start],
    ]),
  );
}

describe('storages of an archive that lie one in the other', () => {
  it('are read where they are few', async () => {
    const archive = nestedArchive(4, 100);
    const tensors = await (await openWeights(archive)).stateDict();
    expect([...tensors.values()].map(({ size }) => size)).toEqual([133, 122, 111, 100]);
    expect(await verifyWeights(archive)).toBe(0);
  });

  it.each([
    ['all are read', async (archive: Uint8Array) => (await openWeights(archive)).stateDict()],
    ['their sums are checked', verifyWeights],
  ])('end in one error where %s, and they are many times as large as the file', async (_, read) => {
    const archive = nestedArchive(200, 20_000);
    await expect(read(archive)).rejects.toMatchObject({ code: 'ERR_PTH_TOO_LARGE' });
  });
});

describe('a tar archive of torch whose storage has no name', () => {
  /** @param id What the tensor says that its storage is called. */
  const archive = (id: Part) =>
    tarFile({
      sys_info: pickle('}'),
      pickle: pickle(op.dict({ t: [op.text('1'), 'Q'] })),
      tensors: bytes(
        pickle(op.int(1)),
        pickle(op.tuple(op.int(1), id, op.global('torch', 'FloatTensor'))),
        ...[1, 1, 1, 0].map(int64),
      ),
      storages: bytes(
        pickle(op.int(1)),
        pickle(op.tuple(op.text(''), op.text('cpu'), op.global('torch', 'FloatStorage'))),
        int64(1),
        new Uint8Array(4),
        pickle(']'),
      ),
    });

  it('is read', async () => {
    expect((await openWeights(archive(op.text('')))).tensors.size).toBe(1);
  });

  it.each<[string, Part]>([
    ['None', 'N'],
    ['a list', ']'],
    ['an integer of 70 bits', [0x8a, 9, new Uint8Array(9).fill(1)]],
  ])('is not meant by %s', async (_, id) => {
    await expect(openWeights(archive(id))).rejects.toMatchObject({ code: 'ERR_PTH_TAR' });
  });
});
