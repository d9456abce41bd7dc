import type { EngineOptions, Program } from '../engine/engine.js';
import { selectEngine } from '../engine/engines.js';
import { type Graph, sameGraph } from '../graph/graph.js';
import type { Shape } from '../tensor/shape.js';
import { traceGraph } from './compile.js';
import type { Module } from './module.js';

/** How many input shapes a module keeps programs for. */
const CAPACITY = 4;

interface Entry {
  readonly graph: Graph;
  /** Engine and options. */
  readonly key: string;
  readonly program: Promise<Program>;
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

  async get(inputShape: Shape, options: EngineOptions): Promise<Program> {
    const { engine, threads, allowV8Flags, revectorize, variant } = options;
    const compile = { threads, allowV8Flags, revectorize, variant };
    const graph = traceGraph(this.#module, inputShape);
    const key = JSON.stringify([engine, compile]);
    let entry = this.#entries.find((e) => e.key === key && sameGraph(e.graph, graph));
    if (entry === undefined) {
      const program = selectEngine(engine).then((selected) => selected.compile(graph, compile));
      entry = { graph, key, program };
    }
    this.#use(entry);
    try {
      return await entry.program;
    } catch (error) {
      this.#entries = this.#entries.filter((e) => e !== entry);
      throw error;
    }
  }

  clear(): void {
    for (const entry of this.#entries.splice(0)) release(entry);
  }

  #use(entry: Entry): void {
    this.#entries = this.#entries.filter((e) => e !== entry);
    this.#entries.push(entry);
    if (this.#entries.length > CAPACITY) release(this.#entries.shift() as Entry);
  }
}

function release(entry: Entry): void {
  entry.program.then(
    (program) => program.dispose(),
    () => undefined,
  );
}
