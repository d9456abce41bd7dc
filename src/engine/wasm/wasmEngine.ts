import type { Graph, GraphNode } from '../../graph/graph.js';
import { availableCores } from '../../platform/cores.js';
import type { CompileOptions, Engine, Program } from '../engine.js';
import { PlainProgram } from '../plainProgram.js';
import { ModuleWriter } from './emit/module.js';
import { applyV8Flags } from './flags.js';
import { assemble } from './plan/assemble.js';
import { isImageShape, plan, unsupportedNodes } from './plan/planner.js';
import { probeFeatures } from './probe.js';
import { selfCheck } from './selfCheck.js';
import { type Variant, variantsFor } from './variants.js';
import { MemoryError, WasmProgram } from './wasmProgram.js';

const PAGE = 65_536;
const MOST_PAGES = 65_535;
/** More threads than this bring nothing: layers have no more items. */
const MOST_THREADS = 64;

/** Machine code made at run time for the network's very shapes, on all cores. */
export const wasmEngine: Engine = {
  name: 'wasm',
  unavailable: () =>
    probeFeatures().simd ? null : 'this runtime has no WebAssembly with SIMD instructions',
  compile: compileGraph,
};

async function compileGraph(graph: Graph, options: CompileOptions): Promise<Program> {
  const foreign = unsupportedNodes(graph);
  if (!isImageShape(graph.inputShape) || foreign.length > 0) {
    return new PlainProgram(graph, 'wasm', describeNodes(graph.nodes));
  }
  const { variant, notes } = await chooseVariant(options);
  if (variant === null) return new PlainProgram(graph, 'wasm', describeNodes(graph.nodes), notes);
  const features = probeFeatures();
  const wanted = options.threads ?? availableCores();
  const threads = features.sharedMemory ? Math.min(Math.max(1, wanted), MOST_THREADS) : 1;
  return build(graph, variant, threads, features.sharedMemory, notes);
}

function describeNodes(nodes: readonly GraphNode[]): string[] {
  return nodes.map(({ name, op }) => `${name} (${op})`);
}

async function build(
  graph: Graph,
  variant: Variant,
  threads: number,
  shared: boolean,
  notes: readonly string[],
): Promise<Program> {
  const writer = new ModuleWriter();
  const assembly = assemble(plan(graph), writer, variant.target, threads);
  const pages = Math.ceil(assembly.bytes / PAGE);
  if (pages > MOST_PAGES) throw tooLarge(graph, assembly.bytes);
  const memory = allocate(graph, pages, shared);
  const module = await WebAssembly.compile(writer.finish({ pages, shared }));
  const { rows, vectors } = variant.target.tile;
  const program = new WasmProgram(graph, assembly, {
    module,
    memory,
    threads,
    shared,
    details: [
      `variant ${variant.name}, tiles of ${rows} x ${vectors * 4}`,
      `${threads} ${threads === 1 ? 'thread' : 'threads'}`,
      `${megabytes(assembly.bytes)} of memory, planned beforehand`,
      ...notes,
    ],
  });
  await program.prepare();
  return program;
}

/**
 * The fastest variant whose machine code agrees with the plain loops. What V8 makes of a kernel depends
 * on flags, so a variant is checked once for each way that they can be set.
 */
async function chooseVariant(
  options: CompileOptions,
): Promise<{ variant: Variant | null; notes: string[] }> {
  const notes: string[] = [];
  for (const variant of variantsFor(options)) {
    const { passed, difference } = await check(variant);
    if (passed) return { variant, notes };
    notes.push(`${variant.name} was off by ${difference} in the self-check and is not used`);
  }
  return { variant: null, notes };
}

const checks = new Map<string, ReturnType<typeof selfCheck>>();

function check(variant: Variant): ReturnType<typeof selfCheck> {
  if (variant.allowFlags) applyV8Flags({ revectorize: variant.wide });
  const key = JSON.stringify(variant);
  let result = checks.get(key);
  if (result === undefined) {
    result = selfCheck((graph) => build(graph, variant, 1, false, []));
    checks.set(key, result);
  }
  return result;
}

function allocate(graph: Graph, pages: number, shared: boolean): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  } catch {
    throw tooLarge(graph, pages * PAGE);
  }
}

/** The need grows with the pixels, but for the weights; what would fit is told from that. */
function tooLarge(graph: Graph, bytes: number): MemoryError {
  const [height, width] = graph.inputShape.slice(-2);
  const short = Math.min(height, width);
  const side = Math.floor(Math.sqrt(2 ** 31 / bytes) * short);
  const smaller = Math.max(64, Math.floor(side / 64) * 64);
  const less = bytes * (smaller / short) ** 2;
  return new MemoryError(
    `A picture of ${width} x ${height} needs ${megabytes(bytes)} of memory; --resize ${smaller} needs about ${megabytes(less)}.`,
  );
}

function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
}
