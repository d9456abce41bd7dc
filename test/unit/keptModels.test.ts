import { afterEach, expect, it, vi } from 'vitest';
import { keepModel, keptModels } from '../../src/page/model/client/keptModels.js';

/** A browser's private file system that is full: a file is made, but nothing can be written to it. */
function fullFileSystem(files: Map<string, File>): unknown {
  const handle = (name: string) => ({
    kind: 'file',
    getFile: async () => files.get(name),
    createWritable: async () =>
      new WritableStream({
        write: () => {
          throw new DOMException('full', 'QuotaExceededError');
        },
      }),
  });
  const folder = {
    getFileHandle: async (name: string, { create = false } = {}) => {
      if (!files.has(name) && !create) throw new DOMException('none', 'NotFoundError');
      if (!files.has(name)) files.set(name, new File([], name));
      return handle(name);
    },
    removeEntry: async (name: string) => void files.delete(name),
    entries: async function* () {
      for (const name of files.keys()) yield [name, handle(name)];
    },
  };
  return {
    getDirectory: async () => ({ getDirectoryHandle: async () => folder }),
    estimate: async () => ({ quota: 0, usage: 0 }),
  };
}

afterEach(() => {
  vi.unstubAllGlobals();
});

it.each([
  ['the one of that name that was kept before stays', ['older'], [{ name: 'a.pth', bytes: 5 }]],
  ['nothing is left of it', [], []],
])('where a model does not fit, %s', async (_, before, after) => {
  const files = new Map(before.map((text) => ['a.pth', new File([text], 'a.pth')]));
  vi.stubGlobal('navigator', { storage: fullFileSystem(files) });
  await keepModel(new File(['newer one'], 'a.pth'));
  expect(keptModels.value).toEqual(after);
  expect(files.size).toBe(after.length);
});
