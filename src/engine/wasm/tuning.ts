import type { FunctionHandle } from '../../emit/module.js';
import { ModuleWriter } from '../../emit/module.js';
import { builtin } from '../../platform/builtin.js';
import { cacheKey, readCached, writeCached } from '../../platform/cacheFolder.js';
import { median } from '../../platform/median.js';
import { pause } from '../../platform/pause.js';
import { emitMicroKernel } from './kernels/gemm/microKernel.js';
import { fetchesAhead, type Tile } from './kernels/target.js';
import { compileModule } from './machineCode.js';
import { newMemory } from './newMemory.js';
import type { Variant } from './variants.js';

/** A product as the residual layers have it: K = 256, and sums for some rows of tiles. */
const DEPTH = 256;
const ROWS = 48;
/** Each tile is timed so often, in turns. The median counts: the fastest may be of a moment that the others did not have. */
const ROUNDS = 24;
/** A tile so near to the fastest may be preferred to it. */
const NEAR = 1.06;
/** Where V8 begins with its baseline code, it has to run on until that has been replaced. */
const WARM_UP_MS = 60;

/** Chooses a variant's tile, and says whether its code is right; both hold for this machine and version. */
export async function tuned(
  variant: Variant,
  check: (variant: Variant) => Promise<{ passed: boolean; difference: number }>,
): Promise<{ variant: Variant; passed: boolean; difference: number }> {
  const name = cacheName(variant);
  const known = name === null ? null : readCached(name);
  const kept = variant.tiles.find((tile) => JSON.stringify(tile) === JSON.stringify(known));
  if (kept !== undefined) return { variant: withTile(variant, kept), passed: true, difference: 0 };
  const tile = await fastestTile(variant);
  const chosen = withTile(variant, tile);
  const result = await check(chosen);
  if (name !== null && result.passed) writeCached(name, tile);
  return { variant: chosen, ...result };
}

function withTile(variant: Variant, tile: Tile): Variant {
  return { ...variant, target: { ...variant.target, tile } };
}

/** `null` where nothing is kept. */
function cacheName({ name, wide, allowFlags }: Variant): string | null {
  const cpu = builtin('os')?.cpus()[0]?.model;
  return cpu === undefined ? null : cacheKey('tile', [name, wide, allowFlags, cpu]);
}

/** Times the product kernel with each of the variant's tiles. Sums do not depend on the tile. */
async function fastestTile({ target, tiles, allowFlags }: Variant): Promise<Tile> {
  if (tiles.length === 1) return tiles[0];
  const module = new ModuleWriter();
  const contestants = tiles.map((tile) => {
    const n = tile.vectors * 8;
    const tiled = { ...target, tile };
    const handle = emitMicroKernel(module, tiled, {
      n,
      run: DEPTH,
      middle: 1,
      middleStride: 0,
      outer: 1,
      outerStride: 0,
      aStride: DEPTH * 4,
      cStride: n * 4,
      start: 'zero',
      fetchesAhead: fetchesAhead(tiled),
      goesBeyond: false,
    });
    return { tile, handle, n, times: [] as number[] };
  });
  const [aAt, bAt, cAt, pages] = [0, 2 ** 17, 2 ** 18, 6];
  const memory = newMemory(pages, false);
  new Float32Array(memory.buffer).fill(1);
  const code = await compileModule(module.finish({ pages, shared: false }), {
    owned: allowFlags,
  });
  const { exports } = new WebAssembly.Instance(code, { e: { m: memory } });
  const run = ({ exportName }: FunctionHandle) =>
    (exports[exportName] as (...args: number[]) => void)(aAt, bAt, cAt, 0, ROWS);
  const time = () => {
    for (const contestant of contestants) {
      const start = performance.now();
      run(contestant.handle);
      contestant.times.push((performance.now() - start) / contestant.n);
    }
  };
  if (!allowFlags) {
    const end = performance.now() + WARM_UP_MS;
    while (performance.now() < end) {
      time();
      await pause();
    }
  }
  for (let round = 0; round < ROUNDS; round++) time();
  const results = contestants.map(({ tile, times }) => ({
    tile,
    took: median(times.slice(-ROUNDS)),
  }));
  // All of this lies in the L1 cache. A network's input does not: of tiles that are as fast here, one that uses more often
  // what it has loaded is faster there.
  const limit = NEAR * Math.min(...results.map(({ took }) => took));
  const near = results.filter(({ took }) => took <= limit);
  const most = Math.max(...near.map(({ tile }) => reuse(tile)));
  const chosen = near.filter(({ tile }) => reuse(tile) === most);
  return chosen.reduce((a, b) => (b.took < a.took ? b : a)).tile;
}

/** Products for each number that is loaded. */
function reuse({ rows, vectors }: Tile): number {
  return (rows * vectors) / (rows + vectors);
}
