import { DraftModule, ModuleWriter } from '../../emit/module.js';
import { CycleganError } from '../../errors.js';
import { type Graph, type GraphNode, shapeOf } from '../../graph/graph.js';
import { builtin } from '../../platform/builtin.js';
import { availableCores, secondCache } from '../../platform/cores.js';
import { FileError } from '../../platform/fileError.js';
import { collectNow } from '../../platform/garbage.js';
import { noticeOnce } from '../../platform/notice.js';
import { canBlock, isPageThread, pauseEvery } from '../../platform/pause.js';
import { choicesLeftIn } from '../../platform/scratchFile.js';
import { sha256 } from '../../platform/sha256.js';
import { formatShape, sizeOf } from '../../tensor/shape.js';
import type { CompileOptions, Engine, Program } from '../engine.js';
import { fuse, takesNode, withLayouts } from '../shared/fuse/fuse.js';
import { isReadableFlat, type LaidOutGraph } from '../shared/fuse/layouts.js';
import { type Part, partition } from '../shared/partition.js';
import { type CompiledPart, PartitionedProgram } from '../shared/partitionedProgram.js';
import { ReferenceProgram } from '../shared/reference.js';
import { selfCheck } from '../shared/selfCheck.js';
import { type SplitGraph, splitBatch } from '../shared/split/splitBatch.js';
import { SplitProgram } from '../shared/split/splitProgram.js';
import { firstView, foldWeightViews } from '../shared/weightViews.js';
import {
  BudgetError,
  budgetOf,
  ECONOMY_NOTES,
  economiesFor,
  WHOLE_MEMORY,
  withLeastEconomy,
} from './budget.js';
import { codeName, withCodeCache } from './codeCache.js';
import { applyV8Flags } from './flags.js';
import { compileModule } from './machineCode.js';
import { takeMemory } from './memoryPool.js';
import { MemoryError, megabytes, PAGE } from './newMemory.js';
import { measurePeak } from './peak.js';
import { assemble } from './plan/assemble.js';
import type { Assembly } from './plan/assembly.js';
import { type Economy, economise } from './plan/economy.js';
import { lower } from './plan/lower.js';
import { LIMITS } from './plan/pending.js';
import { TRANSFER } from './plan/transfer.js';
import { takeWorkers, workersRefusal } from './pool/pool.js';
import { inTurn } from './pool/semaphore.js';
import { compilationRefusal, probeFeatures } from './probe.js';
import { holdMemory, releaseMemory } from './programMemory.js';
import { RunJournal } from './runJournal.js';
import { beginScratch, scratchRefusal } from './scratch/scratch.js';
import type { Scratch } from './scratch/transfer.js';
import type { Team } from './team.js';
import { ThreadTeam } from './threadTeam.js';
import { timeHere, timeInWorker, tuned } from './tuning.js';
import { type Variant, variantsFor } from './variants.js';
import { WasmProgram } from './wasmProgram.js';
import { WorkerTeam } from './workerTeam.js';

/** Runs of the self-check after which V8 has optimised what runs often. */
const CHECK_RUNS = 20;
/** A core's L2 cache where its size is not known. */
const DEFAULT_CACHE = 2 ** 21;
/** Writing code lets the event loop take a turn so often. */
const PAUSE_MS = 8;
/** More threads than this bring nothing: layers have no more items. */
const MAX_THREADS = 64;

/** Machine code made at run time for the network's very shapes, on all cores. */
export const wasmEngine: Engine = {
  name: 'wasm',
  unavailable: async () =>
    probeFeatures().simd
      ? compilationRefusal()
      : 'this runtime has no WebAssembly with SIMD instructions',
  // Before V8's flags are set: with others than its snapshot was made with, a thread takes twice as long to start.
  warmUp: (options) => {
    void startThreads(options);
    // Not where flags are to be set: what is chosen depends on them. Whoever compiles is told what goes wrong.
    if (!options.allowV8Flags) chooseVariant(options).catch(() => undefined);
  },
  compile: compileGraph,
  leastMemory,
  peak: async (options) => {
    const { variant } = await chooseVariant(options);
    if (variant === null) {
      throw new CycleganError('ERR_ENGINE_UNAVAILABLE', 'No machine code passes its self-check.');
    }
    const { threads } = await startThreads({ ...options, blocking: true });
    const { target } = variant;
    return inTurn(() =>
      measurePeak(target, { threads, allowV8Flags: options.allowV8Flags ?? false }),
    );
  },
};

/** How many threads share a program's memory, and whether they can; those that are wanted are started. */
async function startThreads({
  threads: wanted,
  blocking = false,
}: CompileOptions): Promise<{ threads: number; shared: boolean }> {
  const { sharedMemory: shared } = probeFeatures();
  const alone = { threads: 1, shared: false };
  if (!shared) return alone;
  const threads = Math.min(Math.max(1, wanted ?? availableCores()), MAX_THREADS);
  const count = blocking && canBlock() ? threads - 1 : threads;
  const refusal = count === 0 ? null : await workersRefusal();
  if (refusal !== null) {
    noticeOnce(`One thread does the work, for others cannot be had: ${refusal}.`);
    return alone;
  }
  takeWorkers(count);
  return { threads, shared };
}

async function compileGraph(traced: Graph, options: CompileOptions): Promise<Program> {
  refuseHopeless(traced);
  const split = neededSplit(traced);
  if (split === null) return compileAsItIs(traced, options);
  return new SplitProgram(traced, split, await compileAsItIs(split.graph, options));
}

/** Its batches split, where one goes into something as a whole that has no machine code, and there is some for its pictures. */
function neededSplit(traced: Graph): SplitGraph | null {
  const graph = foldWeightViews(traced);
  if (isOneSegment(graph, partsOf(graph))) return null;
  const split = splitBatch(graph);
  return split !== null && isOneSegment(split.graph, partsOf(split.graph)) ? split : null;
}

async function compileAsItIs(traced: Graph, options: CompileOptions): Promise<Program> {
  const graph = withLayouts(foldWeightViews(traced));
  const parts = partsOf(graph);
  if (!parts.some((part) => 'segment' in part)) {
    return new ReferenceProgram(graph, 'wasm', describeNodes(graph.nodes));
  }
  const choosing = chooseVariant(options);
  // Threads take some time to start; meanwhile, machine code is written.
  const { threads, shared } = await startThreads(options);
  const { blocking = false, early = false, allowV8Flags = false } = options;
  const { variant, notes } = await choosing;
  if (variant === null)
    return new ReferenceProgram(graph, 'wasm', describeNodes(graph.nodes), notes);
  const isElsewhere = !shared && (await worksElsewhere());
  const { memory = null, scratch: scratchFolder = null } = options;
  const refusal = scratchFolder === null ? null : scratchRefusal();
  if (refusal !== null) notes.push(`no scratch file, for ${refusal}`);
  const economies = economiesFor(options.economy, scratchFolder !== null);
  const resume = canResume(options);
  const how = { memory, economies, scratchFolder, resume, isKept: true };
  const machine = { threads, shared, isElsewhere, notes, blocking, early, allowV8Flags, ...how };
  if (isOneSegment(graph, parts)) {
    return build(graph, variant, { ...machine, isKept: true });
  }
  const compiled: CompiledPart[] = [];
  let left = memory;
  for (const part of parts) {
    if ('reference' in part) compiled.push(part);
    else {
      const program = await build(part.segment.graph, variant, { ...machine, memory: left });
      if (left !== null) left = Math.max(0, left - program.memoryBytes);
      compiled.push({ segment: part.segment, program });
    }
  }
  const rest = parts.flatMap((part) => ('reference' in part ? [part.reference] : []));
  return new PartitionedProgram(graph, 'wasm', compiled, describeNodes(rest));
}

/** Whether runs are to go on in other processes, which they can where files are the disk's. */
function canResume({ resume = false }: CompileOptions): boolean {
  return resume && builtin('fs') !== null;
}

/** Of the program that it would be, laid out without any of its code being compiled. */
async function leastMemory(traced: Graph, options: CompileOptions): Promise<number> {
  refuseHopeless(traced);
  const { variant } = await chooseVariant(options);
  if (variant === null) return 0;
  const { threads, shared } = await startThreads(options);
  const hasScratch = options.scratch !== undefined && scratchRefusal() === null;
  const whole = foldWeightViews(neededSplit(traced)?.graph ?? traced);
  let least = 0;
  for (const part of partsOf(whole)) {
    if ('reference' in part) continue;
    const { blocking = false } = options;
    const { graph } = part.segment;
    const economies = economiesOf(graph, economiesFor(options.economy, hasScratch));
    const resume = canResume(options);
    const draft = { threads, shared, isKept: false, blocking, economies, resume };
    const needs: number[] = [];
    for (const economy of economies) {
      needs.push(await bytesOf(graph, variant, draft, economy));
    }
    least += Math.min(...needs);
  }
  return least;
}

async function bytesOf(
  graph: Graph,
  variant: Variant,
  draft: LayoutOptions,
  economy: Economy,
): Promise<number> {
  try {
    await makeCode(graph, variant, draft, economy, 0);
  } catch (error) {
    if (error instanceof BudgetError) return error.bytes;
    throw error;
  }
  return 0;
}

function partsOf(graph: Graph): Part[] {
  const laidOut = withLayouts(graph);
  return partition(laidOut, (node) => takesNode(laidOut, node));
}

/** Whether one program does all that a graph does. */
function isOneSegment(graph: Graph, [first, ...others]: readonly Part[]): boolean {
  const laidOut = withLayouts(graph);
  const isAlone = first !== undefined && 'segment' in first && others.length === 0;
  return isAlone && graph.assignments.every(({ value }) => isAssignable(laidOut, value));
}

/** Whether a worker is to have programs whose memory is not shared: where the calling thread has a page to paint. */
async function worksElsewhere(): Promise<boolean> {
  if (!isPageThread()) return false;
  const refusal = await workersRefusal();
  if (refusal === null) return true;
  noticeOnce(
    `The page stands still while its main thread works, for a worker cannot be had: ${refusal}.`,
  );
  return false;
}

/** Whether a value can take a weight's place in the program's memory: as all of its elements, or one for all. */
function isAssignable(graph: LaidOutGraph, id: number): boolean {
  return isReadableFlat(graph, id) || graph.flatSizes[id] === 1;
}

function describeNodes(nodes: readonly GraphNode[]): string[] {
  return nodes.map(({ name, op }) => `${name} (${op})`);
}

interface BuildOptions {
  readonly threads: number;
  /** Whether the memory is shared with other threads. */
  readonly shared: boolean;
  /** Whether a worker has the memory, and does all the work. */
  readonly isElsewhere: boolean;
  readonly notes: readonly string[];
  readonly blocking: boolean;
  readonly early: boolean;
  /** Whether the process is the caller's own, with V8's flags set (`flags.ts`). */
  readonly allowV8Flags: boolean;
  /** Whether machine code is kept for later processes, where anything is. */
  readonly isKept: boolean;
  /** Most bytes of memory; `null` where the caller does not say. */
  readonly memory: number | null;
  /** Which are tried, in this order. */
  readonly economies: readonly Economy[];
  /** Where values may lie that have no place in memory. */
  readonly scratchFolder: string | null;
  /** Whether a run with values in the file can go on in another process. */
  readonly resume: boolean;
}

/** What decides how a program is laid out. */
type LayoutOptions = Pick<
  BuildOptions,
  'threads' | 'shared' | 'isKept' | 'blocking' | 'economies' | 'resume'
>;

/** @throws What keeps a scratch file from being written, where the caller named it alone, or how much memory there may be. */
async function build(graph: Graph, variant: Variant, options: BuildOptions): Promise<Program> {
  try {
    return await buildOnce(graph, variant, options);
  } catch (error) {
    // To do with little memory was nobody's wish: more of it will do, if there is so much.
    const economies = options.economies.filter((economy) => economy !== 'scratch');
    const hasOthers = economies.length > 0 && options.memory === null;
    if (!(error instanceof FileError) || !hasOthers) throw error;
    noticeOnce(`No scratch file, so more memory is taken: ${error.message}`);
    return buildOnce(graph, variant, { ...options, economies, scratchFolder: null });
  }
}

async function buildOnce(graph: Graph, variant: Variant, options: BuildOptions): Promise<Program> {
  const { blocking, early, allowV8Flags } = options;
  const economies = economiesOf(graph, options.economies);
  const { assembly, code, pages, store, economy } = await withLeastEconomy(
    graph,
    economies,
    budgetOf(options.memory),
    (economy, mostBytes) => makeCode(graph, variant, options, economy, mostBytes),
  );
  const module = await compileModule(code, { allowV8Flags, store });
  // What planning has left would stay while values come into memory, which are to be few.
  if (allowV8Flags && economy !== 'none') collectNow();
  const gathered = await gather(module, assembly, pages, options);
  const details = detailsOf(variant, options, assembly, economy);
  const journal = journalOf(gathered.team, assembly, { code, variant });
  const file = gathered.team instanceof ThreadTeam ? gathered.team.access : null;
  const program = newProgram(graph, assembly, { ...gathered, details, file, journal });
  try {
    await program.prepare({ blocking, early });
  } catch (error) {
    program.dispose();
    throw error;
  }
  return program;
}

/** `null` where no run goes on in another process. */
function journalOf(
  team: Team,
  assembly: Assembly,
  made: { readonly code: Uint8Array; readonly variant: Variant },
): RunJournal | null {
  if (!(team instanceof ThreadTeam) || assembly.checkpoints.length === 0) return null;
  const { file: scratch, buffer: memory } = team;
  const file = scratch?.journaled ?? null;
  if (file === null) return null;
  const code = sha256(made.code);
  const choice = JSON.stringify(made.variant.target.tile);
  const reopen = () => team.reopenFile();
  return new RunJournal({ assembly, code, choice, file, memory, reopen });
}

/** @throws What keeps it from being made; its team is then released. */
function newProgram(...[graph, assembly, machine]: ConstructorParameters<typeof WasmProgram>) {
  try {
    return new WasmProgram(graph, assembly, machine);
  } catch (error) {
    machine.team.release();
    throw error;
  }
}

/** What a run writes back has readers that the stages do not tell of. */
function economiesOf({ assignments }: Graph, economies: readonly Economy[]): readonly Economy[] {
  return assignments.length > 0 ? ['none'] : economies;
}

/** For people. */
function detailsOf(
  { name, target }: Variant,
  { threads, isElsewhere, notes }: BuildOptions,
  assembly: Assembly,
  economy: Economy,
): string[] {
  const { rows, vectors } = target.tile;
  return [
    `variant ${name}, tiles of ${rows} x ${vectors * 4}`,
    `${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    ...(isElsewhere ? ["in a worker, so that the page's main thread is free"] : []),
    `${megabytes(assembly.bytes)} of memory, planned beforehand${ECONOMY_NOTES[economy]}${inFile(assembly)}`,
    ...notes,
  ];
}

function inFile({ fileBytes }: Assembly): string {
  return fileBytes === 0 ? '' : `, and ${megabytes(fileBytes)} lie in a scratch file`;
}

/**
 * What runs a program, with memory for it.
 * @throws FileError for a scratch file that cannot be had; MemoryError where there is too little; nothing is then left.
 */
async function gather(
  module: WebAssembly.Module,
  assembly: Assembly,
  pages: number,
  options: BuildOptions,
): Promise<{ team: Team; memoryBytes: number }> {
  const { scratch, working, fileBytes } = assembly;
  const { isElsewhere, scratchFolder, resume } = options;
  const file =
    fileBytes === 0 || scratchFolder === null
      ? null
      : await beginScratch(scratchFolder, fileBytes, { resume });
  if (fileBytes > 0 && file === null) {
    throw new CycleganError(
      'ERR_UNKNOWN_VARIANT',
      'Values are to lie in a file, and there is none.',
    );
  }
  if (isElsewhere) {
    const zeroed = working.start;
    const team = await WorkerTeam.start({ module, pages, zeroed, scratch: scratch.start });
    return { team, memoryBytes: pages * PAGE };
  }
  try {
    return gatherThreads(module, assembly, pages, options, file);
  } catch (error) {
    file?.remove();
    throw error;
  }
}

function gatherThreads(
  module: WebAssembly.Module,
  { scratch, working }: Assembly,
  pages: number,
  { threads, shared, memory: budget }: BuildOptions,
  file: Scratch | null,
): { team: Team; memoryBytes: number } {
  const { memory, isFresh } = takeMemory(pages, shared, budget ?? WHOLE_MEMORY);
  if (!isFresh) new Uint8Array(memory.buffer, 0, working.start).fill(0);
  const held = holdMemory(memory, shared);
  try {
    const team = new ThreadTeam(held, { module, threads, scratch, file });
    return { team, memoryBytes: memory.buffer.byteLength };
  } catch (error) {
    void releaseMemory(held);
    throw error;
  }
}

/** A program laid out in memory, and its machine code. */
async function makeCode(
  graph: Graph,
  variant: Variant,
  options: LayoutOptions,
  economy: Economy,
  mostBytes: number,
) {
  const goal = isAll({ economy, options })
    ? 0
    : await goalFor(graph, { variant, options, economy }, mostBytes);
  const { name: variantName, target } = variant;
  const { threads, shared, isKept } = options;
  const { rows, vectors } = target.tile;
  const parts = [variantName, rows, vectors, threads, shared, ...inputSides(graph), economy];
  const name = isKept ? codeName([...parts, graph.nodes.length]) : null;
  const imports = economy === 'scratch' ? [TRANSFER] : [];
  const how = { variant, options, economy, goal };
  if (isLarge(graph)) {
    // Nothing is written that is thrown away: code in the making takes memory, too.
    const { assembly } = await layOut(graph, how, new DraftModule(imports));
    refuseMore(assembly, mostBytes);
  }
  const write = async (writer: ModuleWriter) => {
    const { assembly } = await layOut(graph, how, writer);
    refuseMore(assembly, mostBytes);
    const pages = wholePages(assembly);
    const memory = { pages, shared };
    const code = writer.finish(memory, Object.values(assembly.drivers));
    return { assembly, pages, memory, code, economy };
  };
  if (name !== null) return withCodeCache(name, imports, write);
  return { ...(await write(new ModuleWriter(imports))), store: undefined };
}

/** By name, for tests: all that can lies in the file, and a run can go on wherever that is possible. */
function isAll({ economy, options }: Pick<Layout, 'economy' | 'options'>): boolean {
  return economy === 'scratch' && options.economies.length === 1;
}

/** A program with a value of so many bytes may have to save memory. */
const LARGE_VALUE_BYTES = 2 ** 25;

function isLarge({ values }: Graph): boolean {
  return values.some(({ shape }) => 4 * sizeOf(shape) > LARGE_VALUE_BYTES);
}

function wholePages({ bytes }: Assembly): number {
  return Math.ceil(bytes / PAGE);
}

/** @throws BudgetError for a program that needs more than so many bytes. */
function refuseMore(assembly: Assembly, mostBytes: number): void {
  const bytes = wholePages(assembly) * PAGE;
  if (bytes > mostBytes) throw new BudgetError(bytes);
}

/** Plans are made so often, at most, until one fits: what values take is known before, and the rest only with the plan. */
const MAX_DRAFTS = 4;

/** What values in memory may take, so that a program with a scratch file keeps to so many bytes. */
async function goalFor(
  graph: Graph,
  how: Omit<Layout, 'goal'>,
  mostBytes: number,
): Promise<number> {
  let goal = mostBytes;
  for (let draft = 0; how.economy === 'scratch' && draft < MAX_DRAFTS && goal > 0; draft++) {
    const draft = new DraftModule([TRANSFER]);
    const { assembly, bytes } = await layOut(graph, { ...how, goal }, draft);
    if (wholePages(assembly) * PAGE <= mostBytes) return goal;
    goal = Math.min(bytes - 1, goal - 1, mostBytes - (assembly.bytes - bytes));
  }
  return how.economy === 'scratch' ? 0 : mostBytes;
}

interface Layout {
  readonly variant: Variant;
  readonly options: LayoutOptions;
  readonly economy: Economy;
  /** What values in memory may take, about, where others may lie in a file. */
  readonly goal: number;
}

async function layOut(
  graph: Graph,
  { variant, options, economy, goal }: Layout,
  writer: ModuleWriter,
): Promise<{ readonly assembly: Assembly; readonly bytes: number }> {
  const lowered = lower(fuse(graph, LIMITS), { readsApart: economy === 'none' });
  const { plan, bytes } = economise(lowered, economy, goal);
  const places = isAll({ economy, options }) ? 'each' : 'few';
  const assembly = await assemble(
    { ...plan, checkpoints: options.resume ? places : 'none' },
    {
      sizeOf: (id) => sizeOf(shapeOf(graph, id)),
      shapeOf: (id) => shapeOf(graph, id),
      firstView: (id) => firstView(graph, id),
      areChanging: graph.assignments.length > 0,
    },
    writer,
    variant.target,
    { threads: options.threads, cache: secondCache() ?? DEFAULT_CACHE },
    options.blocking ? async () => undefined : pauseEvery(PAUSE_MS),
  );
  return { assembly, bytes };
}

/**
 * The fastest variant whose machine code agrees with the reference, with the tile that came out fastest. What V8 makes of a
 * kernel depends on flags, so a variant is checked once for each way that they can be set.
 */
async function chooseVariant(
  options: CompileOptions,
): Promise<{ variant: Variant | null; notes: string[] }> {
  const notes: string[] = [];
  const left = choicesLeft(options);
  for (const one of variantsFor(options)) {
    const again = one.tiles.filter((tile) => left.includes(JSON.stringify(tile)));
    const candidate = again.length === 0 ? one : { ...one, tiles: again.slice(0, 1) };
    if (candidate.allowFlags) applyV8Flags({ revectorize: candidate.wide });
    const key = JSON.stringify(candidate);
    const choosing = choices.get(key) ?? choose(candidate);
    choices.set(key, choosing);
    const { variant, passed, difference } = await choosing;
    if (passed) return { variant, notes };
    notes.push(`${variant.name} was off by ${difference} in the self-check and is not used`);
  }
  return { variant: null, notes };
}

/** The tiles of runs that were ended: to go on with one, a program has to have the same. */
function choicesLeft({ resume = false, scratch }: CompileOptions): readonly string[] {
  if (!resume || scratch === undefined || builtin('fs') === null) return [];
  return choicesLeftIn(scratch);
}

const choices = new Map<string, ReturnType<typeof tuned>>();

async function choose(candidate: Variant): ReturnType<typeof tuned> {
  const isElsewhere = await worksElsewhere();
  const blocking = !isPageThread();
  const check = (variant: Variant) => {
    const { allowFlags: allowV8Flags } = variant;
    const own = { threads: 1, shared: false, isElsewhere, notes: [], blocking, early: false };
    const plain = {
      memory: null,
      economies: ['none'] as const,
      scratchFolder: null,
      resume: false,
    };
    const options = { ...own, ...plain, allowV8Flags, isKept: false };
    // Without flags, V8 begins with baseline code, and what counts is the optimised code that comes later.
    const runs = allowV8Flags ? 1 : CHECK_RUNS;
    return selfCheck((graph) => build(graph, variant, options), { runs, blocking });
  };
  return tuned(candidate, check, isElsewhere ? timeInWorker : timeHere);
}

/** Of the first input, which is the picture. */
function inputSides({ inputs }: Graph): readonly number[] {
  return inputs[0]?.shape ?? [];
}

/** A plan has a part for each few rows: one for a value of so many bytes would itself take all memory, and not end. */
const HOPELESS_BYTES = 2 ** 46;

/** @throws MemoryError for a graph of which a single value has no place anywhere. */
function refuseHopeless(graph: Graph): void {
  const bytes = 4 * graph.values.reduce((most, { shape }) => Math.max(most, sizeOf(shape)), 0);
  if (bytes <= HOPELESS_BYTES) return;
  throw new MemoryError(
    `Inputs of ${graph.inputs.map(({ shape }) => formatShape(shape)).join(', ')} are too large: one value alone takes ${megabytes(bytes)}.`,
  );
}
