import type { EngineOptions, Program } from '../engine/engine.js';
import { selectEngine } from '../engine/engines.js';
import { type Graph, sameGraph } from '../graph/graph.js';
import type { Shape } from '../tensor/shape.js';
import { traceGraph } from './compile.js';
import type { Module } from './module.js';

/** How many programs a module keeps, and how much memory they may hold together. */
const CAPACITY = 4;
const MOST_BYTES = 1e9;

interface Entry {
  readonly graph: Graph;
  /** Engine and options. */
  readonly key: string;
  readonly program: Promise<Program>;
  /** Memory that the program holds, once it is made. */
  bytes: number;
  /** Calls that are using it: it must not be taken from under them. */
  users: number;
}

/**
 * The programs of a module for its last few input shapes. Tracing takes microseconds, so it is done
 * for every call, and a program serves as long as its graph has the same operators and the very same
 * weight tensors: weights that were loaded anew need no notice.
 */
export class ProgramCache {
  readonly #module: Module;
  /** Least recently used first. */
  #entries: Entry[] = [];

  constructor(module: Module) {
    this.#module = module;
  }

  /** Hands the program for an input shape to `action`, and keeps it at least until that is done. */
  async use<T>(
    inputShape: Shape,
    options: EngineOptions,
    action: (program: Program) => T | Promise<T>,
  ): Promise<T> {
    const entry = this.#find(inputShape, options);
    entry.users++;
    try {
      return await action(await entry.program);
    } finally {
      entry.users--;
      this.#trim();
    }
  }

  clear(): void {
    for (const entry of this.#entries.splice(0)) release(entry);
  }

  #find(inputShape: Shape, options: EngineOptions): Entry {
    const { engine, blocking, early, ...compile } = compileOptions(options);
    const graph = traceGraph(this.#module, inputShape);
    const key = JSON.stringify([engine, compile]);
    const known = this.#entries.find((e) => e.key === key && sameGraph(e.graph, graph));
    if (known !== undefined) {
      this.#entries = [...this.#entries.filter((e) => e !== known), known];
      return known;
    }
    const program = selectEngine(engine).then((selected) =>
      selected.compile(graph, { ...compile, blocking, early }),
    );
    const entry: Entry = { graph, key, program, bytes: 0, users: 0 };
    this.#entries.push(entry);
    program.then(
      ({ memoryBytes }) => {
        entry.bytes = memoryBytes;
      },
      () => {
        this.#entries = this.#entries.filter((e) => e !== entry);
      },
    );
    return entry;
  }

  /** Gives up the programs that were not used for longest, but for the last one. */
  #trim(): void {
    const total = () => this.#entries.reduce((sum, { bytes }) => sum + bytes, 0);
    while (this.#entries.length > 1 && (this.#entries.length > CAPACITY || total() > MOST_BYTES)) {
      const idle = this.#entries.slice(0, -1).find(({ users }) => users === 0);
      if (idle === undefined) return;
      this.#entries = this.#entries.filter((e) => e !== idle);
      release(idle);
    }
  }
}

/** Of the options of a call, those that a program is made with. */
function compileOptions(options: EngineOptions): EngineOptions {
  const { engine, blocking, early, threads, allowV8Flags, revectorize, variant } = options;
  return { engine, blocking, early, threads, allowV8Flags, revectorize, variant };
}

function release(entry: Entry): void {
  entry.program.then(
    (program) => program.dispose(),
    () => undefined,
  );
}
