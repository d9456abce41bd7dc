// Bytes of a file that is read in blocks: those of the file, in whatever order they are asked for.
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { openFile } from '../../src/platform/byteSource.js';
import { bytesFrom, JoinedBytes, randomBytesOf } from '../../src/platform/randomBytes.js';

const folder = mkdtempSync(join(tmpdir(), 'cyclegan-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** More than two blocks. */
const BYTES = Uint8Array.from({ length: 600_001 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24);

async function opened(name: string) {
  const path = join(folder, name);
  writeFileSync(path, BYTES);
  const bytes = randomBytesOf(await openFile(path));
  if (bytes === null) throw new Error('a file can be read without waiting');
  return { path, bytes };
}

const place = fc.integer({ min: 0, max: BYTES.length });

it('are those of the file, wherever they begin and end, and by windows on it', async () => {
  const { bytes } = await opened('file');
  expect(bytes.length).toBe(BYTES.length);
  fc.assert(
    fc.property(fc.array(fc.tuple(place, fc.nat(400_000)), { maxLength: 8 }), (reads) => {
      const windows = reads.map(([at, length]) => ({
        at,
        length: Math.min(length, BYTES.length - at),
      }));
      const parts = windows.map(({ at, length }) => BYTES.subarray(at, at + length));
      for (const [i, { at, length }] of windows.entries()) {
        expect(Buffer.compare(bytesFrom(bytes, at, at + length), parts[i])).toBe(0);
      }
      const joined = new JoinedBytes(bytes, windows);
      const found = bytesFrom(joined, 0, joined.length);
      expect(Buffer.compare(found, Buffer.concat(parts))).toBe(0);
    }),
    { numRuns: 40 },
  );
});

it('are refused once the file was changed, and nothing is given in their place', async () => {
  const { path, bytes } = await opened('changing');
  const to = new Uint8Array(4);
  bytes.readInto(0, to);
  utimesSync(path, 1, 1);
  for (let time = 0; time < 2; time++) {
    expect(() => bytes.readInto(500_000, to)).toThrow(/changing: the file was changed/);
    // The block that was there is gone, too: its memory may hold anything.
    expect(() => bytes.readInto(0, to)).toThrow(/changing: the file was changed/);
  }
});
