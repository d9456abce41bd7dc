import type { EngineOptions, Program } from '../engine/engine.js';
import { checkMemory, checkScratch, compileByEngine } from '../engine/engines.js';
import { type Graph, sameStructure } from '../graph/graph.js';
import { type Shape, sizeOf } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { traceGraph } from './compile.js';
import type { Module } from './module.js';

/** How many programs a module keeps, the last one included, and how much memory they may hold together. */
const CAPACITY = 4;
const MAX_BYTES = 1e9;
/** Programs that hold no more than this together are kept without having come back. */
const FEW_BYTES = 8e6;
/** So often has a shape to come back, while others came between, for its program to be kept. */
const RETURNS = 2;

interface Entry {
  readonly graph: Graph;
  /** Engine and options. */
  readonly key: string;
  /** The same, and the input shape. */
  readonly shape: string;
  readonly program: Promise<Program>;
  /** Of the input. */
  readonly elements: number;
  /** Memory that the program holds, once it is made. */
  bytes: number;
  /** Calls that are using it: it must not be taken from under them. */
  users: number;
  /** Its weights by state-dict key, as the last call had them packed. */
  readonly packed: Map<string, PackedWeight>;
}

interface PackedWeight {
  readonly tensor: Tensor;
  /** Of `tensor`, when it was packed: it tells whether elements were written in place since. */
  readonly fingerprint: number | null;
}

/**
 * The programs of a module. Tracing takes microseconds, so it is done for every call, and a program serves as long as its
 * graph has the same structure. Weights that were loaded anew, or written to in place, are packed into it.
 *
 * The last program is always kept. Others are kept where input shapes take turns; pictures of ever new sizes would
 * only fill memory with them, so their programs go before the next one is made, which takes over the memory.
 */
export class ProgramCache {
  readonly #module: Module;
  /** Least recently used first. */
  #entries: Entry[] = [];
  /** The last few shapes that were used, with how often they came back. */
  readonly #returns = new Map<string, number>();

  constructor(module: Module) {
    this.#module = module;
  }

  /** Hands the program for an input shape to `action`, and keeps it at least until that is done. */
  async use<T>(
    inputShape: Shape,
    options: EngineOptions,
    action: (program: Program) => T | Promise<T>,
  ): Promise<T> {
    const graph = traceGraph(this.#module, inputShape);
    const entry = this.#find(graph, inputShape, options);
    const changed = noteChanges(entry, graph);
    entry.users++;
    try {
      const program = await entry.program;
      // Both are queued now, before the calls that come later: other weights do not get in between.
      const [, result] = await Promise.all([
        changed.size > 0 ? program.updateParameters(changed) : null,
        action(program),
      ]);
      return result;
    } finally {
      entry.users--;
      this.#trim(this.#entries.slice(0, -1), 0, 0);
    }
  }

  clear(): void {
    for (const entry of this.#entries.splice(0)) release(entry);
    this.#returns.clear();
  }

  #find(graph: Graph, inputShape: Shape, options: EngineOptions): Entry {
    const { engine, blocking, early, ...compile } = compileOptions(options);
    checkMemory(compile.memory);
    checkScratch(compile.scratch);
    const key = JSON.stringify([engine, compile]);
    const shape = `${key} ${inputShape}`;
    this.#count(shape);
    const known = this.#entries.find((e) => e.key === key && sameStructure(e.graph, graph));
    if (known !== undefined) {
      this.#entries = [...this.#entries.filter((e) => e !== known), known];
      return known;
    }
    const elements = sizeOf(inputShape);
    this.#makeRoom(shape, elements);
    const program = compileByEngine(graph, { ...compile, engine, blocking, early });
    const state = { bytes: 0, users: 0, packed: packedWeights(graph) };
    const entry: Entry = { graph, key, shape, program, elements, ...state };
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

  /** Notes that a shape is used, and whether it comes back. */
  #count(shape: string): void {
    const before = this.#returns.get(shape);
    const isLast = [...this.#returns.keys()].at(-1) === shape;
    this.#returns.delete(shape);
    this.#returns.set(shape, before === undefined ? 0 : before + (isLast ? 0 : 1));
    for (const oldest of this.#returns.keys()) {
      if (this.#returns.size <= CAPACITY) break;
      this.#returns.delete(oldest);
    }
  }

  /** Makes room for the program of a shape: the one before it hands on its memory. */
  #makeRoom(shape: string, elements: number): void {
    const likely = this.#entries.map((e) => (e.bytes * elements) / Math.max(1, e.elements));
    // One of the same shape has another structure, and will not be asked for again.
    this.#giveUp((e) => e.shape === shape);
    this.#trim(this.#entries, 1, Math.max(0, ...likely));
  }

  /** Gives up what is not worth keeping of `entries`, given how many programs and bytes there are besides. */
  #trim(entries: readonly Entry[], others: number, otherBytes: number): void {
    const total = () => this.#entries.reduce((sum, { bytes }) => sum + bytes, otherBytes);
    const comesBack = ({ shape }: Entry) => (this.#returns.get(shape) ?? 0) >= RETURNS;
    this.#giveUp((e) => entries.includes(e) && !comesBack(e) && total() > FEW_BYTES);
    const isOver = () => this.#entries.length + others > CAPACITY || total() > MAX_BYTES;
    this.#giveUp((e) => entries.includes(e) && isOver());
  }

  /** Those that nobody uses, the least recently used first, as long as the condition holds. */
  #giveUp(condition: (entry: Entry) => boolean): void {
    for (const entry of [...this.#entries]) {
      if (entry.users > 0 || !condition(entry)) continue;
      this.#entries = this.#entries.filter((e) => e !== entry);
      release(entry);
    }
  }
}

/** Notes what weights a call has. @returns Those that the program does not have yet. */
function noteChanges({ packed }: Entry, graph: Graph): Map<string, Tensor> {
  const changed = new Map<string, Tensor>();
  for (const [key, weight] of packedWeights(graph)) {
    const before = packed.get(key);
    if (before?.tensor === weight.tensor && before.fingerprint === weight.fingerprint) continue;
    packed.set(key, weight);
    changed.set(key, weight.tensor);
  }
  return changed;
}

function packedWeights(graph: Graph): Map<string, PackedWeight> {
  return new Map(
    graph.parameters.map(({ key, tensor }) => [key, { tensor, fingerprint: tensor.fingerprint() }]),
  );
}

/** Of the options of a call, those that a program is made with. */
function compileOptions(options: EngineOptions): EngineOptions {
  const { engine, blocking, early, threads, allowV8Flags, revectorize } = options;
  const { variant, memory, scratch, resume, economy, precision } = options;
  const common = { engine, blocking, early, threads, allowV8Flags, revectorize };
  return { ...common, variant, memory, scratch, resume, economy, precision };
}

function release(entry: Entry): void {
  entry.program.then(
    (program) => program.dispose(),
    () => undefined,
  );
}
