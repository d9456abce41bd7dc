import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { comparePairs, formatPairs } from '../../src/cli/evaluation/comparePairs.js';
import { compareSets, formatSets, type SetReport } from '../../src/cli/evaluation/compareSets.js';
import { listPictures, pairNames } from '../../src/cli/evaluation/pictureFolders.js';
import { evaluateSpec, readEvaluate } from '../../src/cli/requests/evaluate.js';
import type { Terminal } from '../../src/cli/terminal.js';
import { parseCommandLine } from '../../src/cli/usage.js';
import { NLayerDiscriminator } from '../../src/discriminator/nLayerDiscriminator.js';
import { encodeImage } from '../../src/image/formats.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { temporaryFolder } from '../support/command.js';

const QUIET: Terminal = {
  ...{ say: () => undefined, progress: () => undefined, isLive: false },
  ...{ sayAtEnd: () => undefined, end: () => undefined },
  ...{ confirm: async () => false, clearLine: () => '' },
};

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** Pictures of one level each; `null` for a file that is no picture. */
function write(name: string, files: Readonly<Record<string, number | null>>, side = 16): string {
  const path = join(folder.path, name);
  mkdirSync(path);
  for (const [file, level] of Object.entries(files)) {
    const data = new Uint8Array(3 * side * side).fill(level ?? 0);
    const picture = { width: side, height: side, data };
    writeFileSync(join(path, file), level === null ? 'none' : encodeImage(picture, file));
  }
  return path;
}

const list = (path: string) => listPictures(path, { recursive: false });

describe('pairs', () => {
  it('have one name, or one but for the extension', () => {
    const { pairs, unpaired } = pairNames(
      ['a.png', 'b.jpg', 'c.png', 'c.jpg', 'd.png', 'x/e.jpeg'],
      ['a.jpg', 'a.png', 'b.cyclegan.png', 'c.jpg', 'f.png', 'x/e.PNG'],
    );
    expect(pairs).toEqual([
      { a: 'a.png', b: 'a.png' },
      { a: 'b.jpg', b: 'b.cyclegan.png' },
      { a: 'c.jpg', b: 'c.jpg' },
      { a: 'x/e.jpeg', b: 'x/e.PNG' },
    ]);
    expect(unpaired).toEqual({ a: ['c.png', 'd.png'], b: ['a.jpg', 'f.png'] });
  });

  it('are none where there are several to choose from', () => {
    expect(pairNames(['a.jpg', 'a.jpeg'], ['a.png']).pairs).toEqual([]);
    expect(pairNames(['a.jpg'], ['a.png', 'a.cyclegan.png']).pairs).toEqual([]);
  });

  it('are compared, and those that cannot be are left out', async () => {
    const a = write('a', { '1.png': 100, '2.png': 7, '3.png': null, '4.png': 5, '5.png': 5 });
    const b = write('b', { '1.png': 110, '2.png': 7, '3.png': 1 });
    write('other', {});
    writeFileSync(
      join(b, '4.png'),
      encodeImage({ width: 20, height: 16, data: new Uint8Array(960) }, 'a.png'),
    );
    const report = await comparePairs(await list(a), await list(b), QUIET);
    expect(report.pairs.map((pair) => [pair.a, pair.l1, pair.psnr])).toEqual([
      ['1.png', 10, 10 * Math.log10(255 ** 2 / 100)],
      ['2.png', 0, null],
    ]);
    expect(report.mean).toMatchObject({ l1: 5, psnr: 10 * Math.log10(255 ** 2 / 100) });
    expect(report.failed.map(({ name }) => name)).toEqual(['3.png', '4.png']);
    expect(report.failed[1].error).toContain('16 x 16 and 20 x 16');
    expect(report.unpaired).toEqual({ a: ['5.png'], b: [] });
    expect(formatPairs(report)).toMatch(
      /^1\.png {2}L1 {3}10\.000 {2}PSNR {2}28\.13 dB {2}SSIM {2}0\.99\d\d\n2\.png .*equal/,
    );
    expect(formatPairs(report)).toMatch(/\n\nmean {3}L1 {4}5\.000/);
  });

  it('have to be there', async () => {
    const [a, b] = [write('a', { 'a.png': 1 }), write('b', { 'b.png': 1 })];
    const [first, second] = [await list(a), await list(b)];
    await expect(comparePairs(first, second, QUIET)).rejects.toThrow(/--features NETWORK/);
  });

  it('lie in folders', async () => {
    const a = write('a', { 'a.png': 1 });
    await expect(list(join(a, 'a.png'))).rejects.toThrow('this is a file');
    await expect(list(join(a, 'none'))).rejects.toMatchObject({ code: 'ERR_FILE_NOT_FOUND' });
    await expect(list(write('empty', {}))).rejects.toThrow('-r looks into the folders below');
  });
});

describe('sets', () => {
  const network = () => {
    const path = join(folder.path, 'latest_net_D_B.pth');
    const netD = new NLayerDiscriminator(3, 2, 1, { norm: 'instance' });
    writeFileSync(path, encodeStateDict(netD.stateDict(), 'latest_net_D_B.pth'));
    return { source: path, key: undefined, layer: undefined, size: 16, engine: 'js' as const };
  };

  it('are compared by the features of a network', async () => {
    const a = write('a', { '1.png': 10, '2.png': 200, '3.jpg': 90, '4.png': null });
    const b = write('b', { '1.png': 10, '2.png': 200, '3.jpg': 90 });
    const folders = [await list(a), await list(b)] as const;
    const report = await compareSets(folders, network(), QUIET);
    expect(report).toMatchObject({
      ...{ description: 'a PatchGAN discriminator of 1 layers', features: 4, size: 16 },
      ...{ pictures: [3, 3], layer: 'model.4' },
    });
    // The same pictures.
    expect(report.frechetDistance).toBeLessThan(1e-6);
    expect(report.failed.map(({ name }) => name)).toEqual(['4.png']);
    const far = [await list(a), await list(write('c', { '1.png': 250, '2.png': 255 }))] as const;
    expect((await compareSets(far, network(), QUIET)).frechetDistance).toBeGreaterThan(1e-6);
  });

  it('have two pictures at least', async () => {
    const folders = [
      await list(write('a', { '1.png': 1, '2.png': 2 })),
      await list(write('b', { '1.png': 1, '2.png': null })),
    ] as const;
    await expect(compareSets(folders, network(), QUIET)).rejects.toThrow(/1 could be had .*2\.png/);
  });

  it('are told of with what the numbers mean', () => {
    const report: SetReport = {
      ...{ network: 'd.pth', description: 'a network', layer: 'model.4', features: 64, size: 256 },
      ...{ pictures: [30, 40], frechetDistance: 12.3456, failed: [] },
      kernelDistance: { mean: 0.01234, deviation: 0.002, subsets: 100, subsetSize: 15 },
    };
    const text = formatSets(report);
    expect(text).toContain('Fréchet distance  12.346');
    expect(text).toContain('0.01234 ± 0.00200 (100 subsets of 15)');
    expect(text).toContain('FID and KID of papers are of Inception v3');
    expect(text).toContain('with 30 for 64, covariances are singular');
    expect(formatSets({ ...report, pictures: [65, 70] })).not.toContain('singular');
  });
});

describe('the command line', () => {
  const read = (...args: string[]) => readEvaluate(parseCommandLine(evaluateSpec, args));

  it('names two folders, and perhaps a network', () => {
    expect(read('a', 'b', '-r')).toEqual({
      ...{ folders: ['a', 'b'], recursive: true, features: null, json: false },
    });
    expect(read('a', 'b', '--features', 'd.pth', '--size', '64', '--json')).toMatchObject({
      ...{ json: true, features: { source: 'd.pth', size: 64, layer: undefined } },
    });
  });

  it('is refused where it makes no sense', () => {
    for (const args of [
      ['a'],
      ['a', 'b', 'c'],
      ['a', 'b', '--layer', 'x'],
      ['a', 'b', '--engine', 'js'],
    ]) {
      expect(() => read(...args)).toThrow(/Which two folders|goes with --features/);
    }
    expect(() => read('a', 'b', '--features', 'd', '--size', '8')).toThrow('from 16 to 2048');
  });
});
