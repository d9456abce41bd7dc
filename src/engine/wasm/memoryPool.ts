import { suggestCollection } from '../../platform/garbage.js';
import { later } from '../../platform/pause.js';
import { newMemory, PAGE } from './newMemory.js';
import { suggestCollectionInWorkers } from './pool/pool.js';

/** Memory for a program. */
export interface TakenMemory {
  readonly memory: WebAssembly.Memory;
  /** Whether nothing was ever written into it. If not, it holds whatever an earlier program left. */
  readonly isFresh: boolean;
}

/** For so long, an idle memory waits for the next program before it may be collected. */
const IDLE_MS = 5000;

/** A memory that no program has. */
interface Idle {
  readonly memory: WebAssembly.Memory;
  readonly shared: boolean;
}

/** Memories of programs that are gone, for programs to come. */
let idle: Idle[] = [];
/** Those that waited for too long. As long as they are there, they serve all the same. */
let discarded: WeakRef<Idle>[] = [];

/**
 * Memory of at least so many pages. That of an earlier program comes first, the smallest that is large enough, or else the
 * largest, which grows: a memory that is let go of stays where it is until every thread that ever saw it has collected
 * its garbage, and V8 sees no reason to. So a process has no more memories than it had programs at the same time.
 *
 * @param mostBytes A larger one of an earlier program is not taken.
 * @throws MemoryError when there is none.
 */
export function takeMemory(
  pages: number,
  shared: boolean,
  mostBytes = Number.POSITIVE_INFINITY,
): TakenMemory {
  const bySize = [...idle, ...discarded.flatMap((weak) => weak.deref() ?? [])]
    .filter((entry) => entry.shared === shared && sizeOf(entry) <= mostBytes)
    .sort((a, b) => sizeOf(a) - sizeOf(b));
  const found = bySize.find((entry) => sizeOf(entry) >= pages * PAGE) ?? bySize.at(-1);
  if (found !== undefined && reaches(found, pages)) {
    idle = idle.filter((entry) => entry !== found);
    discarded = discarded.filter((weak) => weak.deref() !== found);
    return { memory: found.memory, isFresh: false };
  }
  return { memory: newMemory(pages, shared), isFresh: true };
}

/** Takes back a memory that no thread reads or writes any more. */
export function returnMemory(memory: WebAssembly.Memory, shared: boolean): void {
  const entry = { memory, shared };
  idle.push(entry);
  later(IDLE_MS, () => discard(entry));
}

function discard(entry: Idle): void {
  if (!idle.includes(entry)) return;
  idle = idle.filter((other) => other !== entry);
  discarded = [...discarded.filter((weak) => weak.deref() !== undefined), new WeakRef(entry)];
  suggestCollectionInWorkers();
  suggestCollection();
}

function sizeOf({ memory }: Idle): number {
  return memory.buffer.byteLength;
}

function reaches(entry: Idle, pages: number): boolean {
  const missing = pages - sizeOf(entry) / PAGE;
  try {
    if (missing > 0) entry.memory.grow(missing);
    return true;
  } catch {
    return false;
  }
}
