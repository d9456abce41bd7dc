import { type Graph, type ParameterLeaf, shapeOf } from '../../graph/graph.js';
import { isAbortion } from '../../platform/abortion.js';
import { type ElementPart, eachRange, partsOf } from '../../tensor/elementSource.js';
import { sizeOf } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import type { RunOptions } from '../engine.js';
import type { Buffer } from '../shared/arena.js';
import { withLayouts } from '../shared/fuse/fuse.js';
import { batchOf, isWhole } from '../shared/fuse/layouts.js';
import { QueuedProgram, resultsOf } from '../shared/program.js';
import { runReference } from '../shared/reference.js';
import { firstView } from '../shared/weightViews.js';
import { NodeProgressReporter } from './nodeProgress.js';
import type { Assembly } from './plan/assembly.js';
import { WorkerError } from './pool/pool.js';
import { writeInputs } from './runInputs.js';
import type { RunJournal } from './runJournal.js';
import { elementsInFile } from './scratch/elements.js';
import type { ScratchAccess } from './scratch/transfer.js';
import type { Part, Team } from './team.js';
import { WeightPacker } from './weightPacker.js';

export interface Machine {
  readonly team: Team;
  readonly memoryBytes: number;
  readonly details: readonly string[];
  /** Where values are that have no place in memory; `null` where all have one. */
  readonly file: ScratchAccess | null;
  /** Keeps how far a run came whose values lie in a file; `null` where nothing does. */
  readonly journal: RunJournal | null;
}

export interface PrepareOptions {
  /** Whether the calling thread takes part. */
  readonly blocking: boolean;
  /** Whether the first run may wait for workers, instead of the caller that prepares. */
  readonly early: boolean;
}

/** What a run needs. */
interface Loaded {
  readonly assembly: Assembly;
  readonly team: Team;
  readonly packer: WeightPacker;
  readonly file: ScratchAccess | null;
  readonly journal: RunJournal | null;
}

/** After a thread has failed while it wrote weights. */
const LOST =
  'it did not come back while weights were being written, so these are neither old nor new; update them all, as from a checkpoint';

const ALL = () => true;
const NONE: ReadonlySet<number> = new Set();

/** Programs that went without `dispose()`. A team refers to no program. */
const finalizers = new FinalizationRegistry<Team>((team) => team.release());

/** A graph as machine code over one memory. */
export class WasmProgram extends QueuedProgram {
  /** Of each parameter, the first of its views. */
  readonly #leaves: ReadonlyMap<string, ParameterLeaf>;
  /** `null` once the program was disposed of: a caller that still holds it then holds no memory. */
  #loaded: Loaded | null;
  /** Packing that is left to do before a run. */
  #pending: (() => Promise<void>) | null = null;
  /** Whether the memory is a new one that was not filled, which may have failed. */
  #isEmpty = false;
  /** Weights of which a run has written nobody knows how much, when a thread failed, by the first of their numbers. */
  #lost: ReadonlySet<number> = NONE;
  /** Weights that a run has changed, by the first of their numbers, where the memory cannot be read without waiting. */
  #changed: ReadonlyMap<number, Float32Array> = new Map();

  constructor(graph: Graph, assembly: Assembly, machine: Machine) {
    const { team, memoryBytes, details, file, journal } = machine;
    const { fileBytes: scratchBytes } = assembly;
    super(graph, { engine: 'wasm', details, memoryBytes, scratchBytes, fallbacks: [] });
    this.#leaves = new Map(
      this.graph.parameters.map((leaf) => [leaf.key, leaf] as const).reverse(),
    );
    const packer = new WeightPacker(assembly, team, (id) => this.weight(id));
    this.#loaded = { assembly, team, packer, file, journal };
    assembly.initialise(team.memory);
    packer.fill(ALL, true);
    this.letGo();
    // Of one that is not made, the caller has the team.
    finalizers.register(this, team, this);
  }

  /** Packs the weights that machine code packs. */
  async prepare({ blocking, early }: PrepareOptions): Promise<void> {
    const { packer } = this.#parts;
    if (early) this.#pending = packer.begin(ALL, blocking);
    else await packer.pack(ALL, blocking);
  }

  protected override async execute(
    inputs: readonly Tensor[],
    options: RunOptions,
  ): Promise<Tensor[]> {
    await this.#begin();
    const { graph } = this;
    const laidOut = withLayouts(graph);
    const pictures = batchOf(laidOut);
    const results = resultsOf(graph);
    const newTensor = (id: number) => Tensor.zeros(shapeOf(graph, id));
    const tensors = graph.outputs.map(newTensor);
    const report = this.#reporter(pictures, options);
    // What is no picture is whole for each.
    const partOf = (id: number, { data }: Tensor, n: number) =>
      isWhole(laidOut, id) ? data : sliceOf(data, n, pictures);
    let made: readonly ElementPart[] = [];
    for (let n = 0; n < pictures; n++) {
      const parts = inputs.map((input, i) => {
        const { id } = graph.inputs[i];
        return pictures === 1 || isWhole(laidOut, id)
          ? input
          : new Tensor(sliceOf(input.data, n, pictures), [input.size / pictures]);
      });
      made = await this.#runPicture(n, parts, report, options);
      for (const [i, part] of made.entries()) {
        tensors[i] ??= newTensor(results[i]);
        copyParts(part, partOf(results[i], tensors[i], n));
      }
      this.#parts.journal?.done();
    }
    // The last picture's values are written back: by the program itself, unless the reference has made them.
    const isCommitted = pictures > 0 && made.length < results.length;
    if (isCommitted) await this.#commit(pictures - 1, report, options.blocking ?? false);
    return isCommitted ? tensors.slice(0, graph.outputs.length) : tensors;
  }

  protected override async executeReading<T>(
    input: Tensor,
    read: (part: ElementPart) => T,
    options: RunOptions,
  ): Promise<T> {
    const { graph } = this;
    const isOne = batchOf(withLayouts(graph)) === 1 && resultsOf(graph).length === 1;
    if (!isOne) return super.executeReading(input, read, options);
    await this.#begin();
    const [made] = await this.#runPicture(0, [input], this.#reporter(1, options), options);
    try {
      return read(made);
    } finally {
      this.#parts.journal?.done();
    }
  }

  protected override async pack(changed: ReadonlyMap<string, Tensor>): Promise<void> {
    await this.#finishPacking();
    const { packer } = this.#parts;
    const ids = new Set(
      this.graph.parameters.filter(({ key }) => changed.has(key)).map(({ id }) => id),
    );
    const isChanged = (id: number) => ids.has(id);
    packer.fill(isChanged, false);
    this.#lost = new Set([...this.#lost].filter((id) => !ids.has(id)));
    // If that fails, the next run begins anew.
    this.#pending = () => packer.pack(ALL, false);
    await packer.pack(isChanged, false);
    this.#pending = null;
  }

  protected override isOwn(key: string): boolean {
    return this.#parts.team.isReadable && this.#homeOf(key) !== undefined;
  }

  protected override readBack(key: string): Float32Array {
    const { id, shape } = this.#leaves.get(key) as ParameterLeaf;
    if (this.#lost.has(id)) throw new WorkerError(LOST);
    const { address } = this.#homeOf(key) as Buffer;
    const { memory } = this.#parts.team;
    const elements = this.#changed.get(id) ?? memory.floats(address, sizeOf(shape));
    return elements.slice(0, sizeOf(shape));
  }

  /** Where a parameter lies as it is. */
  #homeOf(key: string): Buffer | undefined {
    const leaf = this.#leaves.get(key);
    return leaf && this.#parts.assembly.flatWeights.get(leaf.id);
  }

  protected override release(): void {
    // Workers may be waiting for the calling thread, which never came.
    const { team } = this.#parts;
    if (this.#pending !== null) team.giveUp();
    this.#loaded = null;
    this.#pending = null;
    this.#changed = new Map();
    finalizers.unregister(this);
    team.release();
  }

  /** Not read after `dispose`: the queue is closed then. */
  get #parts(): Loaded {
    return this.#loaded as Loaded;
  }

  /** What stands before every run. */
  async #begin(): Promise<void> {
    if (this.#lost.size > 0) throw new WorkerError(LOST);
    await this.#finishPacking();
  }

  #reporter(pictures: number, { onProgress }: RunOptions): NodeProgressReporter {
    return new NodeProgressReporter(
      this.graph.nodes,
      this.#parts.assembly.steps,
      pictures,
      onProgress,
    );
  }

  /** Waits for weights that are still being packed. After a failure, the next run begins anew. */
  async #finishPacking(): Promise<void> {
    const { assembly, team, packer } = this.#parts;
    if (await team.restore()) this.#isEmpty = true;
    if (this.#isEmpty) {
      assembly.initialise(team.memory);
      packer.fill(ALL, true);
      this.#pending = () => packer.pack(ALL, false);
      this.#isEmpty = false;
    }
    const finish = this.#pending;
    if (finish === null) return;
    this.#pending = () => this.#parts.packer.pack(ALL, false);
    await finish();
    this.#pending = null;
  }

  /** Writes weights in place: in one go, so that no abort leaves half of them. */
  async #commit(n: number, report: NodeProgressReporter, blocking: boolean): Promise<void> {
    const { graph } = this;
    const { assembly, team, packer } = this.#parts;
    const { drivers, commit: from, steps } = assembly;
    const changed = new Set(graph.assignments.map(({ parameter }) => firstView(graph, parameter)));
    const range = { driver: drivers.run, from, to: steps.length };
    try {
      await team.inTurn(blocking, () => team.runInOneGo(range, drivers.pack));
    } catch (error) {
      // A worker that has the memory alone takes it with it, and gets what there was before (`Team.restore`).
      if (team.isReadable) this.#lost = changed;
      throw error;
    }
    this.markWritten();
    await this.#copyChanged();
    packer.refill((id) => changed.has(firstView(graph, id)));
    report.nodesDone(n, graph.nodes.length);
  }

  /** Has copies of weights that the run has changed, where they could not be read later. */
  async #copyChanged(): Promise<void> {
    const { graph } = this;
    const { assembly, team } = this.#parts;
    const weights = [...new Set(graph.assignments.map((a) => firstView(graph, a.parameter)))];
    const places = weights.map((weight) => assembly.flatWeights.get(weight) as Part);
    const copies = await team.readLater(places);
    if (copies !== null) this.#changed = new Map(weights.map((weight, i) => [weight, copies[i]]));
  }

  /**
   * @param inputs Elements of one picture of each input.
   * @returns One picture of each output, where the program has it, until the next run; or of each result, from the reference, if
   * that has computed it.
   */
  async #runPicture(
    n: number,
    inputs: readonly Tensor[],
    report: NodeProgressReporter,
    options: RunOptions,
  ): Promise<readonly ElementPart[]> {
    const { assembly, team } = this.#parts;
    const run = () => {
      for (const [i, input] of assembly.inputs.entries()) {
        if (assembly.files.has(input)) continue;
        inputs[i].copyInto(team.memory.floats(input.address, inputs[i].size));
      }
      return this.#runSteps(n, inputs, report, options);
    };
    await team.inTurn(options.blocking ?? false, run, options.signal);
    if (team.isBeyond) return this.#runPictureByReference(n, inputs, report, options);
    return this.#outputs();
  }

  /** Where the program has them. */
  async #outputs(): Promise<readonly ElementPart[]> {
    const {
      assembly: { outputs, files },
      team,
      file,
    } = this.#parts;
    const inMemory = await team.read(outputs.filter((output) => !files.has(output)));
    return outputs.map((output) => {
      if (file !== null && files.has(output)) return elementsInFile(file, output);
      return partsOf(inMemory.shift() as Float32Array);
    });
  }

  /** Those of a picture, or those of them that an earlier run has not done. */
  async #runSteps(
    n: number,
    inputs: readonly Tensor[],
    report: NodeProgressReporter,
    options: RunOptions,
  ): Promise<void> {
    const { assembly, team, file, journal } = this.#parts;
    const runSteps = async (from: number, to: number) => {
      await team.run({ driver: assembly.drivers.run, from, to }, options, (step) => {
        if (!team.isBeyond) report.stepDone(n, step);
      });
      return { isVain: team.isBeyond };
    };
    const { inputs: places, files } = assembly;
    const { memory } = team;
    const { signal } = options;
    const given = file === null ? null : { tensors: inputs, places, files, memory, file, signal };
    if (journal === null || given === null) {
      if (given !== null) await writeInputs(given);
      await runSteps(0, assembly.commit);
      return;
    }
    try {
      await journal.run(assembly.commit, given, runSteps, (steps) => report.resumed(n, steps));
    } catch (error) {
      journal.ended(isAbortion(error, options.signal));
      throw error;
    }
  }

  /** By the reference's loops, whose sums in double precision take all that float32 has. */
  async #runPictureByReference(
    n: number,
    inputs: readonly Tensor[],
    report: NodeProgressReporter,
    options: RunOptions,
  ): Promise<readonly ElementPart[]> {
    const { graph } = this;
    const laidOut = withLayouts(graph);
    const pictures = inputs.map(({ data }, i) => {
      const { id, shape } = graph.inputs[i];
      const isWholeShape = isWhole(laidOut, id) || shape.length === 3;
      return new Tensor(data, isWholeShape ? shape : [1, ...shape.slice(1)]);
    });
    const onProgress = ({ done }: { readonly done: number }) => report.nodesDone(n, done);
    const results = await runReference(graph, pictures, (id) => this.weight(id), {
      ...options,
      onProgress,
    });
    return results.map(({ data }) => partsOf(data));
  }
}

function copyParts(part: ElementPart, to: Float32Array): void {
  eachRange(0, to.length, (from, length) => to.set(part(from, length), from));
}

/** Picture `n` of a batch. */
function sliceOf(data: Float32Array, n: number, pictures: number): Float32Array {
  const size = data.length / Math.max(1, pictures);
  return data.subarray(n * size, (n + 1) * size);
}
