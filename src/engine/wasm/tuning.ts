import { ModuleWriter } from '../../emit/module.js';
import { cacheKey, readCached, writeCached } from '../../platform/cacheFolder.js';
import { processorName } from '../../platform/cores.js';
import { median } from '../../platform/median.js';
import { pause } from '../../platform/pause.js';
import { emitMicroKernel } from './kernels/gemm/microKernel.js';
import { fetchesAhead, type Tile } from './kernels/target.js';
import { compileModule } from './machineCode.js';
import { newMemory, PAGE } from './newMemory.js';
import type { Variant } from './variants.js';
import { WorkerTeam } from './workerTeam.js';

/** A product as the residual layers have it: K = 256, and sums for some rows of tiles. */
const DEPTH = 256;
const ROWS = 48;
/** Each tile is timed so often, interleaved. The median counts: the fastest may be of a moment that the others did not have. */
const ROUNDS = 24;
/** A tile so near to the fastest may be preferred to it. */
const NEAR = 1.06;
/** Where V8 begins with its baseline code, it has to run on until that has been replaced. */
const WARM_UP_MS = 60;
/** Where the clock stands still, as under a test's own timers. */
const MAX_WARM_UP_ROUNDS = 500;

/** Calls functions of a module whose memory holds ones, on this thread or another. @returns How long each took, in ms, and what ends it. */
export type Timer = (
  module: WebAssembly.Module,
  pages: number,
) => Promise<{
  time(name: string, args: readonly number[]): Promise<number>;
  end(): void;
}>;

/** On the calling thread. */
export const timeHere: Timer = async (module, pages) => {
  const memory = newMemory(pages, false);
  new Float32Array(memory.buffer).fill(1);
  const { exports } = new WebAssembly.Instance(module, { e: { m: memory } });
  return {
    time: async (name, args) => {
      const start = performance.now();
      (exports[name] as (...args: number[]) => void)(...args);
      return performance.now() - start;
    },
    end: () => undefined,
  };
};

/** In the worker that has programs, too. */
export const timeInWorker: Timer = async (module, pages) => {
  const team = await WorkerTeam.start({ module, pages, zeroed: 0, scratch: 0 });
  team.memory.floats(0, (pages * PAGE) / 4).fill(1);
  return { time: (name, args) => team.call(name, args), end: () => team.release() };
};

/** Chooses a variant's tile, and says whether its code is right; both hold for this machine and version. */
export async function tuned(
  variant: Variant,
  check: (variant: Variant) => Promise<{ passed: boolean; difference: number }>,
  timer: Timer,
): Promise<{ variant: Variant; passed: boolean; difference: number }> {
  const name = cacheName(variant);
  const known = name === null ? null : readCached(name);
  const kept = variant.tiles.find((tile) => JSON.stringify(tile) === JSON.stringify(known));
  if (kept !== undefined) return { variant: withTile(variant, kept), passed: true, difference: 0 };
  const { tile, isTimed } = await fastestTile(variant, timer);
  const chosen = withTile(variant, tile);
  const result = await check(chosen);
  if (name !== null && isTimed && result.passed) writeCached(name, tile);
  return { variant: chosen, ...result };
}

function withTile(variant: Variant, tile: Tile): Variant {
  return { ...variant, target: { ...variant.target, tile } };
}

/** `null` where nothing is kept. */
function cacheName({ name, wide, allowFlags }: Variant): string | null {
  const cpu = processorName();
  return cpu === null ? null : cacheKey('tile', [name, wide, allowFlags, cpu]);
}

/** Times the GEMM micro-kernel with each of the variant's tiles. Sums do not depend on the tile. */
async function fastestTile(
  { target, tiles, allowFlags }: Variant,
  timer: Timer,
): Promise<{ tile: Tile; isTimed: boolean }> {
  // One that a run has to have, to go on where another was ended, is not the fastest for that.
  if (tiles.length === 1) return { tile: tiles[0], isTimed: false };
  const module = new ModuleWriter();
  const runners = tiles.map((tile) => {
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
  const code = await compileModule(module.finish({ pages, shared: false }), {
    allowV8Flags: allowFlags,
  });
  const stopwatch = await timer(code, pages);
  const time = async () => {
    for (const { handle, n, times } of runners) {
      const took = await stopwatch.time(handle.exportName, [aAt, bAt, cAt, 0, ROWS]);
      times.push(took / n);
    }
  };
  if (!allowFlags) {
    const end = performance.now() + WARM_UP_MS;
    for (let round = 0; round < MAX_WARM_UP_ROUNDS && performance.now() < end; round++) {
      await time();
      await pause();
    }
  }
  for (let round = 0; round < ROUNDS; round++) await time();
  stopwatch.end();
  const results = runners.map(({ tile, times }) => ({
    tile,
    took: median(times.slice(-ROUNDS)),
  }));
  // All of this lies in the L1 cache. A network's input does not: of tiles that are as fast here, one that uses more often
  // what it has loaded is faster there.
  const limit = NEAR * Math.min(...results.map(({ took }) => took));
  const near = results.filter(({ took }) => took <= limit);
  const most = Math.max(...near.map(({ tile }) => reuse(tile)));
  const chosen = near.filter(({ tile }) => reuse(tile) === most);
  const { tile, took } = chosen.reduce((a, b) => (b.took < a.took ? b : a));
  return { tile, isTimed: took > 0 };
}

/** Products for each number that is loaded. */
function reuse({ rows, vectors }: Tile): number {
  return (rows * vectors) / (rows + vectors);
}
