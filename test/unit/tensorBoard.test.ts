import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memorySource } from '../../src/platform/byteSource.js';
import { concatenate } from '../../src/platform/concatenate.js';
import { crc32c } from '../../src/platform/crc32.js';
import { integer, message, readFields, text } from '../../src/platform/protobuf.js';
import {
  encodeRecord,
  maskedCrc32c,
  readEventRecords,
} from '../../src/train/watch/eventRecords.js';
import { EventFile } from '../../src/train/watch/tensorBoard.js';
import { temporaryFolder } from '../support/command.js';

const RED_AND_BLUE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAADUlEQVR4nGP4zwAE/wEHAAH/4iOeWQAAAABJRU5ErkJggg==',
  'base64',
);
const now = () => 1_700_000_000.25;

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** A run of iterations that ends with 3, with some of what comes after it. */
async function interruptedRun(): Promise<string> {
  const events = await EventFile.begin(folder.path, { now });
  for (let i = 1; i <= 5; i++) events.scalars(i, { loss: i / 2 });
  await events.flush();
  return events.path;
}

async function scalarsRead(): Promise<[number, number | undefined][]> {
  const read: [number, number | undefined][] = [];
  for (const name of readdirSync(folder.path).sort()) {
    const source = memorySource(readFileSync(join(folder.path, name)));
    for await (const { step, scalars } of readEventRecords(source)) {
      if (scalars.size > 0) read.push([step, scalars.get('loss')]);
    }
  }
  return read;
}

describe('an event file', () => {
  it("has the bytes that TensorBoard's own writer gives", async () => {
    const golden = join(import.meta.dirname, '../golden/data/training/events.tfevents');
    const events = await EventFile.begin(folder.path, { resumeAfter: 300, now });
    events.scalars(301, { 'loss/D_A': 0.25, 'loss/G_A': Number.NaN, 'learning rate': 2e-4 });
    events.image(70_000, 'A → B → A', RED_AND_BLUE);
    await events.flush();
    expect(readFileSync(events.path).toString('hex')).toBe(readFileSync(golden).toString('hex'));
  });

  it('has checksums as RFC 3720 and TensorFlow have them', () => {
    // RFC 3720, B.4: 32 bytes of zeros, of ones, ascending.
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
    expect(maskedCrc32c(Uint8Array.of(24, 0, 0, 0, 0, 0, 0, 0))).toBe(0x224b7fa3);
  });

  it('holds everything that was added before flush, in order', async () => {
    const events = await EventFile.begin(folder.path, { now });
    events.scalars(1, { loss: 1 });
    const first = events.flush();
    events.scalars(2, { loss: 2 });
    await Promise.all([first, events.flush()]);
    expect(await scalarsRead()).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  it('refuses a picture that is none', async () => {
    const events = await EventFile.begin(folder.path, { now });
    expect(() => events.image(1, 'A', Uint8Array.of(1, 2, 3))).toThrow(/no PNG/);
  });

  it('is not begun among those of another run', async () => {
    await interruptedRun();
    await expect(EventFile.begin(folder.path)).rejects.toThrow(/events of another run/);
  });

  it('tells of its folder when it cannot be written', async () => {
    writeFileSync(join(folder.path, 'taken'), '');
    await expect(EventFile.begin(join(folder.path, 'taken'))).rejects.toMatchObject({
      name: 'FileError',
    });
  });
});

describe('a run that goes on', () => {
  it('reads as one that was never interrupted', async () => {
    await interruptedRun();
    const events = await EventFile.begin(folder.path, { resumeAfter: 3, now });
    for (let i = 4; i <= 6; i++) events.scalars(i, { loss: i / 2 });
    await events.flush();
    expect(await scalarsRead()).toEqual([1, 2, 3, 4, 5, 6].map((i) => [i, i / 2]));
  });

  it('begins another file, which comes after the first by name', async () => {
    const first = await interruptedRun();
    const { path } = await EventFile.begin(folder.path, { resumeAfter: 3, now });
    expect(readdirSync(folder.path).map((name) => join(folder.path, name))).toEqual([first, path]);
  });

  it('may go on twice from one checkpoint', async () => {
    await interruptedRun();
    for (const loss of [8, 9]) {
      const events = await EventFile.begin(folder.path, { resumeAfter: 2, now });
      events.scalars(3, { loss });
      await events.flush();
    }
    expect(await scalarsRead()).toEqual([
      [1, 0.5],
      [2, 1],
      [3, 9],
    ]);
  });

  it('cuts off a record that was only half written', async () => {
    const path = await interruptedRun();
    appendFileSync(path, encodeRecord(message(integer(2, 6))).subarray(0, 9));
    await EventFile.begin(folder.path, { resumeAfter: 5, now });
    const bytes = readFileSync(path);
    const ends: number[] = [];
    for await (const { end } of readEventRecords(memorySource(bytes))) ends.push(end);
    expect(ends.at(-1)).toBe(bytes.length);
    expect(ends).toHaveLength(6);
  });

  it('leaves files of other programs alone', async () => {
    const other = join(folder.path, 'events.out.tfevents.1700000000.host');
    writeFileSync(other, 'theirs');
    await EventFile.begin(folder.path, { resumeAfter: 1, now });
    expect(readFileSync(other, 'utf8')).toBe('theirs');
  });
});

describe('records', () => {
  const whole = encodeRecord(message(integer(2, 7)));

  async function stepsOf(bytes: Uint8Array): Promise<number[]> {
    const steps: number[] = [];
    for await (const { step } of readEventRecords(memorySource(bytes))) steps.push(step);
    return steps;
  }

  it('end with the first that is damaged, wherever', async () => {
    const two = Uint8Array.of(...whole, ...whole);
    expect(await stepsOf(two)).toEqual([7, 7]);
    for (let i = 0; i < whole.length; i++) {
      const damaged = Uint8Array.from(two);
      damaged[whole.length + i] ^= 1;
      expect(await stepsOf(damaged)).toEqual([7]);
      expect(await stepsOf(two.subarray(0, whole.length + i))).toEqual([7]);
    }
  });

  it('may name a length that no file has', async () => {
    const head = new Uint8Array(16).fill(255);
    new DataView(head.buffer).setUint32(8, maskedCrc32c(head.subarray(0, 8)), true);
    expect(await stepsOf(head)).toEqual([]);
  });

  it('longer than what is read at once come whole', async () => {
    const long = encodeRecord(message(integer(2, 9), text(3, 'x'.repeat(3 << 20))));
    expect(await stepsOf(concatenate([whole, long, whole]))).toEqual([7, 9, 7]);
  });

  it('of any bytes are read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const fields = readFields(bytes);
        if (fields === null) return;
        const held = fields.reduce(
          (n, { value }) => n + (typeof value === 'number' ? 1 : value.length),
          0,
        );
        expect(held).toBeLessThanOrEqual(bytes.length);
      }),
    );
    // A varint of eleven bytes, and a length past the end.
    expect(readFields(new Uint8Array(11).fill(128))).toBeNull();
    expect(readFields(Uint8Array.of(10, 5, 1))).toBeNull();
  });
});
