import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PictureSpool } from '../../src/cli/pictures/pictureSpool.js';
import { openRows, ResultWriter } from '../../src/cli/pictures/pictureWork.js';
import { spoolFor } from '../../src/cli/pictures/spoolFor.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { encodeImage } from '../../src/image/formats.js';
import type { Picture } from '../../src/image/picture.js';
import { putRows, RowCollector } from '../../src/image/rows.js';
import { manualSeed } from '../../src/nn/random.js';
import { generateRows } from '../../src/translate/generate.js';
import { networkInput } from '../../src/translate/networkInput.js';
import { type PictureNetwork, pictureNetwork } from '../../src/translate/pictureNetwork.js';
import { RowPreparation, unfinishedOf } from '../../src/translate/pipeline.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cyclegan-spool-'));
});
afterAll(() => {
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
});

function noise(width: number, height: number): Required<Picture> {
  const byte = (i: number) => (Math.imul(i + 1, 2654435761) >>> 8) & 255;
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => byte(i));
  const alpha = Uint8Array.from({ length: width * height }, (_, i) => byte(i * 7));
  return { width, height, data, alpha };
}

describe('a picture on the disk', () => {
  it.each([true, false])('has its rows in any order, with alpha: %s', (hasAlpha) => {
    // More than are read at a time.
    const { alpha, ...opaque } = noise(500, 1500);
    const picture: Picture = hasAlpha ? { ...opaque, alpha } : opaque;
    const spool = new PictureSpool(folder);
    putRows(picture, spool.begin);
    const rows = spool.picture;
    expect(rows).toMatchObject({ width: 500, height: 1500, hasAlpha });
    for (const y of [0, 1, 1499, 700, 699, 701, 1, 1498]) {
      expect(rows.rgbRow(y)).toEqual(opaque.data.subarray(1500 * y, 1500 * (y + 1)));
      if (hasAlpha) expect(rows.alphaRow(y)).toEqual(alpha.subarray(500 * y, 500 * (y + 1)));
    }
    spool.remove();
  });

  it('that its disk has no room for is refused as it begins', () => {
    const spool = new PictureSpool(folder);
    const head = { width: 2 ** 30, height: 2 ** 30, hasAlpha: false };
    expect(() => spool.begin(head)).toThrow(expect.objectContaining({ code: 'ERR_SCRATCH' }));
    spool.remove();
  });

  it('that its disk has no room for is refused before the rest of it is decoded', () => {
    const rows = { width: 2 ** 30, height: 2 ** 30, hasAlpha: false };
    const { begin } = new RowPreparation({ resize: null }, new PictureSpool(folder));
    expect(() => begin(rows)).toThrow(expect.objectContaining({ code: 'ERR_SCRATCH' }));
  });

  manualSeed(3);
  const module = new ResNetGenerator(3, 3, 4, 1).eval();
  const plain = pictureNetwork(module);
  const networks: [string, PictureNetwork][] = [
    ['of any size', plain],
    ['of whole tiles', { ...plain, sizeRule: { multipleOf: 32, roundsUpTo: 32 } }],
    ['of one size', { ...plain, sizeRule: { multipleOf: 1, roundsUpTo: 1, exactly: 40 } }],
    ['with blue first', { ...plain, channelOrder: 'bgr' }],
  ];

  it.each(networks)('gives a network %s the same elements, in parts of any size', (_, network) => {
    const picture = noise(37, 45);
    const spool = new PictureSpool(folder);
    putRows(picture, spool.begin);
    const { data } = networkInput(picture, network);
    for (const count of [1, 64, 1000, data.length]) {
      const read = networkInput(spool.picture, network).reader();
      const found = new Float32Array(data.length);
      for (let at = 0; at < found.length; at += count) read(found.subarray(at, at + count));
      expect(found).toEqual(data);
    }
    expect(networkInput(spool.picture, network).data).toEqual(data);
    spool.remove();
  });

  it.each(networks)('goes through a network %s to the same picture', async (_, network) => {
    const file = encodeImage(noise(37, 45), '.png');
    const decode = { alpha: true, autoOrient: false, strict: false };
    for (const pipeline of [{ resize: null, keepSize: true }, { resize: 30 }, { resize: null }]) {
      const settings = { decode, pipeline, norm: 'exact' as const, gallery: false };
      const made: Picture[] = [];
      for (const spool of [null, new PictureSpool(folder)]) {
        const rows = spool ?? new RowCollector();
        const { prepared } = openRows(file, 'in.png', settings as never, rows as RowCollector);
        const collector = new RowCollector();
        const writer = new ResultWriter(unfinishedOf(prepared), settings as never, {
          begin: collector.begin,
          end: () => undefined,
        });
        const inFile = { economy: 'scratch', scratch: folder } as const;
        const how = spool === null ? {} : inFile;
        await generateRows(prepared.sized, network, writer.begin, { engine: 'wasm', ...how });
        module.dispose();
        spool?.remove();
        made.push(collector.picture);
      }
      expect(made[1]).toEqual(made[0]);
      expect(made[0].alpha).toBeDefined();
    }
  });

  it('is one that takes much memory, where there is a folder for it', () => {
    const settings = {
      decode: { alpha: false, autoOrient: false, strict: false },
      pipeline: { resize: null },
      norm: 'exact',
      quality: undefined,
    } as const;
    // A header is enough.
    const bytes = new TextEncoder().encode('P6 1 1 255 123');
    const large = new TextEncoder().encode('P6 4000 3000 255 ');
    const isSpooled = (file: Uint8Array, own = {}, engine = {}) => {
      const how = { scratch: folder, ...engine };
      return spoolFor(file, 'in.ppm', { ...settings, ...own }, how) !== null;
    };
    expect(isSpooled(large)).toBe(true);
    expect(isSpooled(bytes)).toBe(false);
    expect(isSpooled(large, { pipeline: { resize: 256 } })).toBe(false);
    expect(isSpooled(large, { norm: 'dense' })).toBe(false);
    expect(isSpooled(large, {}, { memory: Number.POSITIVE_INFINITY })).toBe(false);
    expect(isSpooled(large, {}, { scratch: undefined })).toBe(false);
    expect(isSpooled(large, {}, { engine: 'js' })).toBe(false);
  });
});
