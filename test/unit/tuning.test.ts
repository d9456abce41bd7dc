import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { ModuleWriter } from '../../src/emit/module.js';
import { emitMicroKernel } from '../../src/engine/wasm/kernels/gemm/microKernel.js';
import { panelRanges } from '../../src/engine/wasm/kernels/gemm/panels.js';
import { timeHere, tuned } from '../../src/engine/wasm/tuning.js';
import { variantsFor } from '../../src/engine/wasm/variants.js';
import {
  cacheFolder,
  readCached,
  readCachedBytes,
  writeCached,
  writeCachedBytes,
} from '../../src/platform/cacheFolder.js';
import * as cores from '../../src/platform/cores.js';
import { temporaryFolder } from '../support/command.js';

describe('the tile', () => {
  // The last panel is narrower; of 37 numbers along K, none are taken together; seven rows are two low blocks.
  it.each([
    [44, 37, 29],
    [52, 40, 29],
    [44, 40, 7],
  ])('does not change a bit of a product: %i channels, %i along K, %i rows', (n, depth, m) => {
    const variants = variantsFor({});
    const { target, tiles } = variants[variants.length - 1];
    const ways = tiles.flatMap((tile) => [true, false].map((goesBeyond) => ({ tile, goesBeyond })));
    const results = ways.map(({ tile, goesBeyond }) => {
      const module = new ModuleWriter();
      const { exportName } = emitMicroKernel(
        module,
        { ...target, tile },
        {
          n,
          run: depth,
          middle: 1,
          middleStride: 0,
          outer: 1,
          outerStride: 0,
          aStride: depth * 4,
          cStride: n * 4,
          start: 'zero',
          fetchesAhead: target.joins,
          goesBeyond,
        },
      );
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
      const floats = new Float32Array(memory.buffer);
      for (let i = 0; i < m * depth; i++) floats[i] = Math.sin(i);
      const bAt = 2048;
      for (const { first, width } of panelRanges({ ...target, tile }, n)) {
        for (let k = 0; k < depth; k++) {
          for (let lane = 0; lane < width; lane++) {
            floats[bAt + first * depth + k * width + lane] = Math.cos(k * n + first + lane);
          }
        }
      }
      const code = new WebAssembly.Module(module.finish({ pages: 1, shared: false }));
      const { exports } = new WebAssembly.Instance(code, { e: { m: memory } });
      (exports[exportName] as (...args: number[]) => void)(0, bAt * 4, 8192 * 4, 0, m);
      return floats.slice(8192, 8192 + m * n);
    });
    let expected = 0;
    for (let k = 0; k < depth; k++) expected += Math.sin(depth + k) * Math.cos(k * n + n - 1);
    expect(results[0][2 * n - 1]).toBeCloseTo(expected, 5);
    for (const result of results) expect(result).toEqual(results[0]);
  });
});

describe('the cache', () => {
  const folder = temporaryFolder();
  const { CYCLEGAN_CACHE } = process.env;
  afterEach(() => {
    if (CYCLEGAN_CACHE === undefined) delete process.env.CYCLEGAN_CACHE;
    else process.env.CYCLEGAN_CACHE = CYCLEGAN_CACHE;
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });
  afterAll(folder.remove);

  it('gives back what was kept, and leaves nothing else behind', () => {
    process.env.CYCLEGAN_CACHE = join(folder.path, 'new', 'folder');
    expect(readCached('tile')).toBeNull();
    writeCached('tile', { rows: 6 });
    writeCached('tile', { rows: 7 });
    expect(readCached('tile')).toEqual({ rows: 7 });
    expect(readdirSync(process.env.CYCLEGAN_CACHE)).toEqual(['tile.json']);
  });

  it('keeps the fastest of several tiles, and none that a run has to have', async () => {
    const cache = join(folder.path, 'tiles');
    process.env.CYCLEGAN_CACHE = cache;
    mkdirSync(cache);
    vi.stubGlobal('CYCLEGAN_BUILD', 'test');
    vi.spyOn(cores, 'processorName').mockReturnValue('test');
    const [variant] = variantsFor({ variant: 'simd' });
    const check = async () => ({ passed: true, difference: 0 });
    await tuned({ ...variant, tiles: variant.tiles.slice(1, 2) }, check, timeHere);
    expect(readdirSync(cache)).toEqual([]);
    await tuned(variant, check, timeHere);
    expect(readdirSync(cache)).toHaveLength(1);
  });

  it('keeps the newest of a family', () => {
    process.env.CYCLEGAN_CACHE = join(folder.path, 'family');
    const code = (i: number) => `code-${i}-0123456789abcdef`;
    writeCached('tile', 1);
    for (let i = 0; i < 5; i++) {
      writeCachedBytes(code(i), Uint8Array.of(i), { prefix: 'code-', most: 2 });
      const file = join(process.env.CYCLEGAN_CACHE, code(i));
      utimesSync(file, 1000 + i, 1000 + i);
    }
    writeCachedBytes(code(0), Uint8Array.of(9), { prefix: 'code-', most: 2 });
    const names = readdirSync(process.env.CYCLEGAN_CACHE).sort();
    expect(names).toEqual([code(0), code(4), 'tile.json']);
    expect(readCachedBytes(code(0))).toEqual(Uint8Array.of(9));
  });

  it('removes what ended processes left, and nothing that is not its own', () => {
    const cache = join(folder.path, 'others');
    process.env.CYCLEGAN_CACHE = cache;
    const code = 'code-x-0123456789abcdef';
    const others = [
      'code-of-mine.txt',
      'code-0123456789abcdef.zip',
      `${code}.${process.ppid}.cyclegan-tmp`,
    ];
    // No process has this number: Linux and macOS count to 2^22 at most.
    const left = `${code}.${2 ** 23}.cyclegan-tmp`;
    mkdirSync(cache);
    for (const name of [...others, left]) writeFileSync(join(cache, name), '');
    writeCachedBytes(code, Uint8Array.of(1), { prefix: 'code-', most: 1 });
    expect(readdirSync(cache).sort()).toEqual([...others, code].sort());
  });

  it('takes a damaged file for none', () => {
    process.env.CYCLEGAN_CACHE = folder.path;
    writeFileSync(join(folder.path, 'damaged.json'), '{"rows": 6');
    expect(readCached('damaged')).toBeNull();
  });

  it('is off when its folder is named empty, and does without a folder it cannot make', () => {
    process.env.CYCLEGAN_CACHE = '';
    expect(cacheFolder()).toBeNull();
    writeCached('tile', 1);
    expect(readCached('tile')).toBeNull();
    writeFileSync(join(folder.path, 'file'), '');
    process.env.CYCLEGAN_CACHE = join(folder.path, 'file', 'folder');
    writeCached('tile', 1);
    expect(readCached('tile')).toBeNull();
  });
});
