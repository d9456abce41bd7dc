import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { beginOpfsFile, isQuotaError, sweepOpfs } from '../../src/platform/opfsFile.js';

/** A private file system as browsers have it, as far as scratch files need it. */
class FakeFolder {
  readonly files = new Map<string, { bytes: Uint8Array; isOpen: boolean }>();
  readonly folders = new Map<string, FakeFolder>();
  readonly room: { left: number; throws: boolean };

  constructor(room: { left: number; throws: boolean }) {
    this.room = room;
  }

  async *keys() {
    yield* [...this.files.keys(), ...this.folders.keys()];
  }

  async getDirectoryHandle(name: string) {
    const found = this.folders.get(name);
    if (found === undefined) throw new DOMException('Not there.', 'NotFoundError');
    return found;
  }

  async removeEntry(name: string) {
    if (this.files.get(name)?.isOpen) throw new DOMException('', 'NoModificationAllowedError');
    this.files.delete(name);
  }

  async getFileHandle(name: string) {
    const file = { bytes: new Uint8Array(0), isOpen: false };
    this.files.set(name, file);
    return { createSyncAccessHandle: async () => this.#open(file) };
  }

  #open(file: { bytes: Uint8Array; isOpen: boolean }) {
    file.isOpen = true;
    const { room } = this;
    const refuse = () => {
      if (room.throws) throw new DOMException('', 'QuotaExceededError');
    };
    return {
      truncate: (size: number) => {
        if (size > room.left) return refuse();
        file.bytes = new Uint8Array(size);
      },
      getSize: () => file.bytes.length,
      read: (part: Uint8Array, { at }: { at: number }) => {
        const there = file.bytes.subarray(at, at + part.length);
        part.set(there);
        return there.length;
      },
      write: (part: Uint8Array, { at }: { at: number }) => {
        if (at + part.length > room.left) {
          refuse();
          return 2 ** 32 - 8;
        }
        file.bytes.set(part, at);
        return part.length;
      },
      close: () => {
        file.isOpen = false;
      },
    };
  }
}

let root: FakeFolder;

beforeEach(() => {
  const room = { left: 1e6, throws: true };
  root = new FakeFolder(room);
  vi.stubGlobal('navigator', {
    storage: {
      getDirectory: async () => root,
      estimate: async () => ({ quota: room.left + 5e5, usage: 5e5 }),
    },
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('a scratch file in the private file system of a page', () => {
  it('gives back what it was given, is locked meanwhile, and goes', async () => {
    const file = await beginOpfsFile('/', 1000);
    expect(file.path).toMatch(/^\/cyclegan-[\da-f]{8}\.scratch$/);
    expect(file.write(Uint8Array.of(1, 2, 3), 500)).toBe(3);
    const read = new Uint8Array(3);
    expect(file.read(read, 500)).toBe(3);
    expect([...read]).toEqual([1, 2, 3]);
    expect(root.files.has(file.path.slice(1))).toBe(true);
    file.remove();
    await vi.waitFor(() => expect(root.files.size).toBe(0));
  });

  it('lies in a folder that is there, and no other', async () => {
    const folder = new FakeFolder(root.room);
    root.folders.set('some', folder);
    const file = await beginOpfsFile('/some/', 10);
    expect(folder.files.has(file.path.replace('/some/', ''))).toBe(true);
    await expect(beginOpfsFile('some/where', 10)).rejects.toMatchObject({
      code: 'ERR_FILE_NOT_FOUND',
      message: expect.stringMatching(/^some\/where: there is no such folder/),
    });
    expect(root.files.size).toBe(0);
  });

  it.each([true, false])(
    'is refused with what it needs and what is left: throws %j',
    async (throws) => {
      root.room.throws = throws;
      const refused = beginOpfsFile('/', 3e9);
      await expect(refused).rejects.toMatchObject({
        name: 'FileError',
        code: 'ERR_SCRATCH',
        message: expect.stringMatching(
          /need 3\.0 GB \(3000000000 bytes\), and 1 MB \(1000000 bytes\) are left for this page\. Free/,
        ),
      });
      expect(root.files.size).toBe(0);
    },
  );

  it.each([true, false])('says so when it is full after all: throws %j', async (throws) => {
    root.room.throws = throws;
    const file = await beginOpfsFile('/', 1000);
    root.room.left = 100;
    let thrown: unknown;
    try {
      file.write(new Uint8Array(10), 500);
    } catch (error) {
      thrown = error;
    }
    expect(isQuotaError(thrown)).toBe(true);
  });

  it('that nobody has open goes with the next, or when the folder is swept; others stay', async () => {
    const names = ['cyclegan-0123abcd.scratch', 'cyclegan-0123abcd.scratch.png', 'model.pth'];
    const leave = () => Promise.all(names.map((name) => root.getFileHandle(name)));
    await leave();
    const file = await beginOpfsFile('/', 10);
    expect([...root.files.keys()].sort()).toEqual([file.path.slice(1), ...names.slice(1)].sort());
    await leave();
    await sweepOpfs('/');
    expect([...root.files.keys()].sort()).toEqual([file.path.slice(1), ...names.slice(1)].sort());
    await sweepOpfs('/missing');
  });
});
