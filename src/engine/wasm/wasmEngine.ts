import type { Graph } from '../../graph/graph.js';
import { availableCores } from '../../platform/cores.js';
import type { CompileOptions, Engine, Program } from '../engine.js';
import { PlainProgram } from '../plainProgram.js';
import { ModuleWriter } from './emit/module.js';
import { applyV8Flags } from './flags.js';
import type { Target } from './kernels/target.js';
import { assemble } from './plan/assemble.js';
import { isImageShape, plan, unsupportedNodes } from './plan/planner.js';
import { probeFeatures } from './probe.js';
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
  const { allowV8Flags = false, revectorize = true } = options;
  const wide = allowV8Flags && applyV8Flags({ revectorize });
  const features = probeFeatures();
  const foreign = unsupportedNodes(graph);
  if (!isImageShape(graph.inputShape) || foreign.length > 0) {
    return new PlainProgram(
      graph,
      'wasm',
      graph.nodes.map(({ name, op }) => `${name} (${op})`),
    );
  }
  const wanted = options.threads ?? availableCores();
  const threads = features.sharedMemory ? Math.min(Math.max(1, wanted), MOST_THREADS) : 1;
  const target = chooseTarget(features.relaxedSimd, wide);
  const writer = new ModuleWriter();
  const assembly = assemble(plan(graph), writer, target, threads);
  const pages = Math.ceil(assembly.bytes / PAGE);
  if (pages > MOST_PAGES) throw tooLarge(graph, assembly.bytes);
  const memory = allocate(graph, pages, features.sharedMemory);
  const module = await WebAssembly.compile(writer.finish({ pages, shared: features.sharedMemory }));
  const { rows, vectors } = target.tile;
  const program = new WasmProgram(graph, assembly, {
    module,
    memory,
    threads,
    shared: features.sharedMemory,
    details: [
      `WebAssembly${target.fma ? ' with fused multiply-add' : ''}${wide ? ', 256 bits wide' : ''}, tiles of ${rows} x ${vectors * 4}`,
      `${threads} ${threads === 1 ? 'thread' : 'threads'}`,
      `${megabytes(assembly.bytes)} of memory, planned beforehand`,
    ],
  });
  await program.prepare();
  return program;
}

function chooseTarget(fma: boolean, wide: boolean): Target {
  if (wide) return { fma, tile: { rows: 6, vectors: 4, unroll: 2 } };
  return { fma, tile: { rows: 4, vectors: 2, unroll: 1 } };
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
