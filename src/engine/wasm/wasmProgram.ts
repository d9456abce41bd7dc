import { type Graph, shapeOf } from '../../graph/graph.js';
import { sizeOf } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import type { RunOptions } from '../engine.js';
import { picturesOf } from '../shared/partition.js';
import { QueuedProgram, resultsOf } from '../shared/program.js';
import { runReference } from '../shared/reference.js';
import { NodeProgressReporter } from './nodeProgress.js';
import type { Assembly } from './plan/assemble.js';
import { holdMemory, type ProgramMemory, releaseMemory } from './programMemory.js';
import { ThreadTeam } from './threadTeam.js';
import { WeightPacker } from './weightPacker.js';

export interface Machine {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly threads: number;
  /** Whether other threads can share the memory. */
  readonly shared: boolean;
  /** Whether nothing was ever written into the memory. */
  readonly isFresh: boolean;
  readonly details: readonly string[];
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
  readonly team: ThreadTeam;
  readonly packer: WeightPacker;
}

const ALL = () => true;

/** A graph as machine code over one memory. */
export class WasmProgram extends QueuedProgram {
  readonly #held: ProgramMemory;
  /** `null` once the program was disposed of: who still holds it then holds no memory. */
  #loaded: Loaded | null;
  /** Packing that is left to do before a run. */
  #pending: (() => Promise<void>) | null = null;

  constructor(graph: Graph, assembly: Assembly, machine: Machine) {
    const { module, memory, threads, shared, isFresh, details } = machine;
    const { buffer } = memory;
    const memoryBytes = buffer.byteLength;
    super(graph, { engine: 'wasm', details, memoryBytes, fallbacks: [] });
    this.#held = holdMemory(this, memory, shared);
    const team = new ThreadTeam(this.#held, { module, threads, scratch: assembly.scratch });
    const packer = new WeightPacker(assembly, buffer, team, (id) => this.weight(id));
    this.#loaded = { assembly, team, packer };
    if (!isFresh) new Uint8Array(buffer, 0, assembly.working.start).fill(0);
    assembly.initialise(buffer);
    packer.fill(ALL, true);
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
    await this.#finishPacking();
    const { graph } = this;
    const pictures = graph.inputs.length > 0 ? picturesOf(inputs[0]) : 1;
    const outputs = resultsOf(graph).map((id) => {
      const shape = shapeOf(graph, id);
      return new Tensor(new Float32Array(sizeOf(shape)), shape);
    });
    const { steps } = this.#parts.assembly;
    const report = new NodeProgressReporter(graph.nodes, steps, pictures, options.onProgress);
    for (let n = 0; n < pictures; n++) {
      const slices = inputs.map((input) => sliceOf(input, n, pictures));
      const results = await this.#runPicture(n, slices, report, options);
      for (const [i, result] of results.entries()) sliceOf(outputs[i], n, pictures).set(result);
    }
    return outputs;
  }

  protected override async pack(changed: ReadonlyMap<string, Tensor>): Promise<void> {
    await this.#finishPacking();
    const { packer } = this.#parts;
    const ids = new Set(
      this.graph.parameters.filter(({ key }) => changed.has(key)).map(({ id }) => id),
    );
    const isChanged = (id: number) => ids.has(id);
    packer.fill(isChanged, false);
    // If that fails, the next run begins anew.
    this.#pending = () => packer.pack(ALL, false);
    await packer.pack(isChanged, false);
    this.#pending = null;
  }

  protected override release(): void {
    // Workers may be waiting for the calling thread, which never came.
    if (this.#pending !== null) this.#parts.team.giveUp();
    this.#loaded = null;
    this.#pending = null;
    releaseMemory(this, this.#held);
  }

  /** The queue lets nobody in here after it was closed. */
  get #parts(): Loaded {
    return this.#loaded as Loaded;
  }

  /** Waits for weights that are still being packed. After a failure, the next run begins anew. */
  async #finishPacking(): Promise<void> {
    const finish = this.#pending;
    if (finish === null) return;
    this.#pending = () => this.#parts.packer.pack(ALL, false);
    await finish();
    this.#pending = null;
  }

  /** @returns One picture of each result, in the program's memory or elsewhere, until the next run. */
  async #runPicture(
    n: number,
    inputs: readonly Float32Array[],
    report: NodeProgressReporter,
    options: RunOptions,
  ): Promise<Float32Array[]> {
    const { assembly, team } = this.#parts;
    const { buffer } = this.#held.memory;
    for (const [i, { address }] of assembly.inputs.entries()) {
      new Float32Array(buffer, address, inputs[i].length).set(inputs[i]);
    }
    const range = { driver: assembly.drivers.run, from: 0, to: assembly.steps.length };
    const run = () =>
      team.run(range, options, (step) => {
        if (!team.isBeyond) report.stepDone(n, step);
      });
    await team.inTurn(options.blocking ?? false, run, options.signal);
    if (team.isBeyond) return this.#runPictureByReference(n, inputs, report, options);
    return assembly.outputs.map(
      ({ address, bytes }) => new Float32Array(buffer, address, bytes / 4),
    );
  }

  /** By the reference's loops, whose sums in double precision take all that float32 has. */
  async #runPictureByReference(
    n: number,
    inputs: readonly Float32Array[],
    report: NodeProgressReporter,
    options: RunOptions,
  ): Promise<Float32Array[]> {
    const { graph } = this;
    const pictures = inputs.map((data, i) => {
      const { shape } = graph.inputs[i];
      return new Tensor(data, shape.length === 4 ? [1, ...shape.slice(1)] : shape);
    });
    const onProgress = ({ done }: { readonly done: number }) => report.nodesDone(n, done);
    const results = await runReference(graph, pictures, (id) => this.weight(id), {
      ...options,
      onProgress,
    });
    return results.map(({ data }) => data);
  }
}

/** Picture `n` of a batch. */
function sliceOf({ data }: Tensor, n: number, pictures: number): Float32Array {
  const size = data.length / Math.max(1, pictures);
  return data.subarray(n * size, (n + 1) * size);
}
