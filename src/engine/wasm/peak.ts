import { f32x4, i32, v128 } from '../../emit/code.js';
import { ModuleWriter } from '../../emit/module.js';
import type { Peak } from '../engine.js';
import { multiplyAdd, storeSideBySide, type Target } from './kernels/target.js';
import { compileModule } from './machineCode.js';
import { newMemory } from './newMemory.js';
import { newProgramId, takeWorkers } from './pool/pool.js';

/** Sums under way at once: more than two units of a latency of four keep busy, as many as registers hold. */
const SUMS = 12;
/** Bytes that a thread reads, so that they come from memory, whatever the cache; all threads together, no more than this. */
const READ_BYTES = 64 * 1024 * 1024;
const MAX_READ_BYTES = 1024 * 1024 * 1024;
/** Before the part of the memory that is read: factors, and where sums go. */
const HEAD_BYTES = 4096;
const PAGE = 65_536;
/** Each measurement is taken so often, and the fastest counts: a peak is what nothing disturbed. */
const ROUNDS = 7;
const TURNS = 4_000_000;

/** Machine code of the kind that a target's kernels are of, and nothing in its way. */
export async function measurePeak(
  target: Target,
  { threads, allowV8Flags }: { readonly threads: number; readonly allowV8Flags: boolean },
): Promise<Peak> {
  const writer = new ModuleWriter();
  const sums = target.joins ? 2 * SUMS : SUMS;
  const multiply = emitMultiply(writer, target, sums);
  const read = emitRead(writer);
  const readBytes = Math.min(READ_BYTES, Math.floor(MAX_READ_BYTES / threads / PAGE) * PAGE);
  const ownPages = 1 + readBytes / PAGE;
  const pages = ownPages * threads;
  const shared = threads > 1;
  const memory = newMemory(pages, shared);
  // Pages that nothing was written to are all the same one, which stays in the cache.
  new Float32Array(memory.buffer).fill(0.5);
  const module = await compileModule(writer.finish({ pages, shared }), { allowV8Flags });
  const place = (thread: number) => thread * ownPages * PAGE;

  /** Seconds until all threads are done with a function. */
  const time = async (name: string, count: number): Promise<number> => {
    const { exports } = new WebAssembly.Instance(module, { e: { m: memory } });
    const own = exports[name] as (from: number, to: number, at: number) => void;
    const workers = takeWorkers(threads - 1);
    const id = newProgramId();
    await Promise.all(workers.map((w) => w.ask(id, { load: { module, memory } })));
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++) {
      const begin = performance.now();
      const others = workers.map((worker, i) =>
        worker.ask(id, {
          run: { driver: name, from: 0, to: count, scratch: place(i + 1), report: false },
        }),
      );
      own(0, count, place(0));
      await Promise.all(others);
      best = Math.min(best, (performance.now() - begin) / 1000);
    }
    for (const worker of workers) worker.tell(id, { drop: true });
    return best;
  };
  const operations = TURNS * sums * 4 * 2 * threads;
  const gflops = operations / (await time(multiply, TURNS)) / 1e9;
  const bandwidth = (readBytes * threads) / (await time(read, readBytes)) / 1e9;
  return { threads, gflops, gigabytesPerSecond: bandwidth };
}

/** `(0, turns, place)`: in each turn, every sum becomes `sum · x + y`; nothing is loaded, and none waits for another. */
function emitMultiply(writer: ModuleWriter, target: Target, count: number): string {
  return writer.define('multiply', ['i32', 'i32', 'i32'], (f, from, turns, place) => {
    const sums = f.locals('v128', count);
    const addends = f.locals('v128', 2);
    const [factor] = f.locals('v128', 1);
    const turn = f.local('i32');
    f.emit(factor.set(v128.load32Splat(place.value)));
    for (const [i, addend] of addends.entries()) f.emit(addend.set(v128.load(place.value, 16 * i)));
    for (const [i, sum] of sums.entries()) f.emit(sum.set(v128.load(place.value, 16 * i)));
    f.for(turn, from.value, turns.value, 1, () => {
      for (const [i, sum] of sums.entries()) {
        f.emit(sum.set(multiplyAdd(target, sum.value, factor.value, addends[i % 2].value)));
      }
    });
    storeSideBySide(f, place, sums, 1024);
  }).exportName;
}

/** `(0, bytes, place)`: adds up so many bytes of floats, with sums enough that none waits for another. */
function emitRead(writer: ModuleWriter): string {
  return writer.define('read', ['i32', 'i32', 'i32'], (f, from, bytes, place) => {
    const sums = f.locals('v128', 8);
    const [at, offset] = f.locals('i32', 2);
    f.emit(at.set(place.value));
    f.for(offset, from.value, bytes.value, 16 * sums.length, () => {
      for (const [i, sum] of sums.entries()) {
        f.emit(sum.set(f32x4.add(sum.value, v128.load(at.value, HEAD_BYTES + 16 * i))));
      }
      f.emit(at.set(i32.add(at.value, i32.const(16 * sums.length))));
    });
    for (const [i, sum] of sums.entries()) f.emit(v128.store(place.value, sum.value, 16 * i));
  }).exportName;
}
