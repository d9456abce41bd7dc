import { CycleganError } from '../../errors.js';
import { type Graph, type GraphNode, shapeOf } from '../../graph/graph.js';
import { availableCores, secondCache } from '../../platform/cores.js';
import { canBlock } from '../../platform/pause.js';
import { sizeOf } from '../../tensor/shape.js';
import type { CompileOptions, Engine, Program } from '../engine.js';
import { fuse, takesNode } from '../shared/fuse/fuse.js';
import { partition } from '../shared/partition.js';
import { type CompiledPart, PartitionedProgram } from '../shared/partitionedProgram.js';
import { resultsOf } from '../shared/program.js';
import { ReferenceProgram } from '../shared/reference.js';
import { selfCheck } from '../shared/selfCheck.js';
import { codeName, withCodeCache } from './codeCache.js';
import { applyV8Flags } from './flags.js';
import { compileModule } from './machineCode.js';
import { takeMemory } from './memoryPool.js';
import { MAX_PAGES, MemoryError, megabytes, PAGE } from './newMemory.js';
import { measurePeak } from './peak.js';
import { assemble } from './plan/assemble.js';
import { LIMITS, lower } from './plan/lower.js';
import { takeWorkers } from './pool/pool.js';
import { inTurn } from './pool/semaphore.js';
import { probeFeatures } from './probe.js';
import { tuned } from './tuning.js';
import { type Variant, variantsFor } from './variants.js';
import { WasmProgram } from './wasmProgram.js';

/** Runs of the self-check after which V8 has optimised what runs often. */
const CHECK_RUNS = 20;
/** A core's L2 cache where nobody says how large it is. */
const DEFAULT_CACHE = 2 ** 21;
/** More threads than this bring nothing: layers have no more items. */
const MAX_THREADS = 64;

/** Machine code made at run time for the network's very shapes, on all cores. */
export const wasmEngine: Engine = {
  name: 'wasm',
  unavailable: async () =>
    probeFeatures().simd ? null : 'this runtime has no WebAssembly with SIMD instructions',
  // Before V8's flags are set: with others than its snapshot was made with, a thread takes twice as long to start.
  warmUp: (options) => {
    startThreads(options);
  },
  compile: compileGraph,
  peak: async (options) => {
    const { variant } = await chooseVariant(options);
    if (variant === null) {
      throw new CycleganError('ERR_ENGINE_UNAVAILABLE', 'No machine code passes its self-check.');
    }
    const { threads } = startThreads({ ...options, blocking: true });
    const { target } = variant;
    return inTurn(() => measurePeak(target, { threads, owned: options.allowV8Flags ?? false }));
  },
};

/** How many threads share a program's memory, and whether they can; those that are wanted are started. */
function startThreads({ threads: wanted, blocking = false }: CompileOptions): {
  threads: number;
  shared: boolean;
} {
  const { sharedMemory: shared } = probeFeatures();
  if (!shared) return { threads: 1, shared };
  const threads = Math.min(Math.max(1, wanted ?? availableCores()), MAX_THREADS);
  takeWorkers(blocking && canBlock() ? threads - 1 : threads);
  return { threads, shared };
}

async function compileGraph(graph: Graph, options: CompileOptions): Promise<Program> {
  const parts = partition(graph, (node) => takesNode(graph, node));
  if (!parts.some((part) => 'segment' in part)) {
    return new ReferenceProgram(graph, 'wasm', describeNodes(graph.nodes));
  }
  const choosing = chooseVariant(options);
  // Threads take some time to start; meanwhile, machine code is written.
  const { threads, shared } = startThreads(options);
  const { blocking = false, early = false, allowV8Flags: owned = false } = options;
  const { variant, notes } = await choosing;
  if (variant === null)
    return new ReferenceProgram(graph, 'wasm', describeNodes(graph.nodes), notes);
  const machine = { threads, shared, notes, blocking, early, owned, isKept: true };
  if (parts.length === 1 && resultsOf(graph).every((id) => isComputed(graph, id))) {
    return build(graph, variant, machine);
  }
  const compiled: CompiledPart[] = [];
  for (const part of parts) {
    if ('reference' in part) compiled.push(part);
    else {
      const program = await build(part.segment.graph, variant, machine);
      compiled.push({ segment: part.segment, program });
    }
  }
  const rest = parts.flatMap((part) => ('reference' in part ? [part.reference] : []));
  return new PartitionedProgram(graph, 'wasm', compiled, describeNodes(rest));
}

/** Whether a value is in the program's memory once it ran. */
function isComputed({ values }: Graph, id: number): boolean {
  return values[id].kind === 'node' || values[id].kind === 'input';
}

function describeNodes(nodes: readonly GraphNode[]): string[] {
  return nodes.map(({ name, op }) => `${name} (${op})`);
}

interface BuildOptions {
  readonly threads: number;
  /** Whether the memory is shared with other threads. */
  readonly shared: boolean;
  readonly notes: readonly string[];
  readonly blocking: boolean;
  readonly early: boolean;
  /** Whether the process is the caller's own, with V8's flags set (`flags.ts`). */
  readonly owned: boolean;
  /** Whether machine code is kept for later processes, where anything is. */
  readonly isKept: boolean;
}

async function build(
  graph: Graph,
  variant: Variant,
  { threads, shared, notes, blocking, early, owned, isKept }: BuildOptions,
): Promise<Program> {
  const { rows, vectors } = variant.target.tile;
  const parts = [variant.name, rows, vectors, threads, shared, ...inputSides(graph)];
  const cache = secondCache() ?? DEFAULT_CACHE;
  const name = isKept ? codeName([...parts, graph.nodes.length]) : null;
  const { assembly, code, pages, store } = withCodeCache(name, (writer) => {
    const assembly = assemble(
      lower(fuse(graph, LIMITS)),
      (id) => sizeOf(shapeOf(graph, id)),
      writer,
      variant.target,
      { threads, cache },
    );
    const pages = Math.ceil(assembly.bytes / PAGE);
    if (pages > MAX_PAGES) throw tooLarge(graph, assembly.bytes);
    const memory = { pages, shared };
    const code = writer.finish(memory, Object.values(assembly.drivers));
    return { assembly, pages, memory, code };
  });
  const module = await compileModule(code, { owned, store });
  const { memory, isFresh } = takeMemory(pages, shared);
  const program = new WasmProgram(graph, assembly, {
    module,
    memory,
    isFresh,
    threads,
    shared,
    details: [
      `variant ${variant.name}, tiles of ${rows} x ${vectors * 4}`,
      `${threads} ${threads === 1 ? 'thread' : 'threads'}`,
      `${megabytes(assembly.bytes)} of memory, planned beforehand`,
      ...notes,
    ],
  });
  try {
    await program.prepare({ blocking, early });
  } catch (error) {
    program.dispose();
    throw error;
  }
  return program;
}

/**
 * The fastest variant whose machine code agrees with the reference, with the tile that came out fastest. What V8 makes of a
 * kernel depends on flags, so a variant is checked once for each way that they can be set.
 */
async function chooseVariant(
  options: CompileOptions,
): Promise<{ variant: Variant | null; notes: string[] }> {
  const notes: string[] = [];
  for (const candidate of variantsFor(options)) {
    if (candidate.allowFlags) applyV8Flags({ revectorize: candidate.wide });
    const key = JSON.stringify(candidate);
    const choosing = choices.get(key) ?? tuned(candidate, check);
    choices.set(key, choosing);
    const { variant, passed, difference } = await choosing;
    if (passed) return { variant, notes };
    notes.push(`${variant.name} was off by ${difference} in the self-check and is not used`);
  }
  return { variant: null, notes };
}

const choices = new Map<string, ReturnType<typeof tuned>>();

function check(variant: Variant): ReturnType<typeof selfCheck> {
  const { allowFlags: owned } = variant;
  const own = { threads: 1, shared: false, notes: [], blocking: true, early: false };
  const options = { ...own, owned, isKept: false };
  // Without flags, V8 begins with baseline code, and what counts is the optimised code that comes later.
  return selfCheck((graph) => build(graph, variant, options), owned ? 1 : CHECK_RUNS);
}

/** Of the first input, which is the picture. */
function inputSides({ inputs }: Graph): readonly number[] {
  return inputs[0]?.shape ?? [];
}

/** The need grows with the pixels, but for the weights; what would fit is told from that. */
function tooLarge(graph: Graph, bytes: number): MemoryError {
  const [height, width] = inputSides(graph).slice(-2);
  const short = Math.min(height, width);
  const side = Math.floor(Math.sqrt(2 ** 31 / bytes) * short);
  const smaller = Math.max(64, Math.floor(side / 64) * 64);
  const less = bytes * (smaller / short) ** 2;
  return new MemoryError(
    `A picture of ${width} x ${height} needs ${megabytes(bytes)} of memory; --resize ${smaller} needs about ${megabytes(less)}.`,
  );
}
