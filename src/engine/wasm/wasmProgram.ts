import { AbortError } from '../../errors.js';
import { type Graph, type GraphNode, shapeOf } from '../../graph/graph.js';
import { suggestCollection } from '../../platform/garbage.js';
import { canBlock, pause } from '../../platform/pause.js';
import { type Shape, sizeOf } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import type { Program, RunOptions } from '../engine.js';
import { checkInput, runPlainly } from '../plainProgram.js';
import { Queue } from '../queue.js';
import { CONTROL, COUNTER_BYTES } from './kernels/driver.js';
import { returnMemory } from './memoryPool.js';
import type { Assembly } from './plan/assemble.js';
import { align } from './plan/memory.js';
import { newProgramId, type PoolWorker, takeWorkers, WorkerError } from './pool/pool.js';
import { beginTurn, inTurn } from './pool/turns.js';
import { REMAINS_AT_A_TIME } from './pool/workerSource.js';

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

/** How long the calling thread waits for workers that are still on their way out of the last run. */
const IDLE_TIMEOUT_MS = 60_000;
/** How long workers may take to come out of a run that failed: they finish what they have begun. */
const GATHER_MS = 10_000;
const NOT_BACK = 'it did not come back from its work';

function lost(): WorkerError {
  return new WorkerError(NOT_BACK);
}

export interface PrepareOptions {
  /** Whether the calling thread takes part. */
  readonly blocking: boolean;
  /** Whether the first run may wait for workers, instead of whoever prepares. */
  readonly early: boolean;
}

type Driver = (from: number, to: number, scratch: number) => void;

/** What a program leaves behind. */
interface Remains {
  readonly id: number;
  readonly memory: WebAssembly.Memory;
  readonly shared: boolean;
  /** Workers that know the program. */
  readonly known: Set<PoolWorker>;
  /** Settles when the workers that were sent last have left the memory. */
  left: Promise<unknown>;
}

async function clearUp({ id, memory, shared, known, left }: Remains): Promise<void> {
  await left;
  for (const worker of known) worker.tell(id, { drop: true });
  known.clear();
  returnMemory(memory, shared);
  if (++cleared % REMAINS_AT_A_TIME === 0) suggestCollection();
}

let cleared = 0;

/** Programs that nobody disposed of. */
const forgotten = new FinalizationRegistry<Remains>((remains) => void clearUp(remains));

/** What a run needs. */
interface Loaded {
  readonly graph: Graph;
  readonly assembly: Assembly;
  readonly machine: Machine;
  readonly runDriver: Driver;
  readonly packDriver: Driver;
  readonly control: Int32Array;
}

/** A graph as machine code over one memory. */
export class WasmProgram implements Program {
  readonly engine = 'wasm';
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly memoryBytes: number;
  readonly fallbacks: readonly string[] = [];
  readonly details: readonly string[];
  readonly #queue = new Queue();
  readonly #remains: Remains;
  /** `null` once the program was disposed of: who still holds it then holds no memory. */
  #loaded: Loaded | null;
  /** Workers that were sent into the current run. */
  #sent = 0;
  /** What is left to do before a run. */
  #pending: (() => Promise<void>) | null = null;

  constructor(graph: Graph, assembly: Assembly, machine: Machine) {
    const { module, memory, shared, isFresh, details } = machine;
    const { buffer } = memory;
    this.details = details;
    this.memoryBytes = buffer.byteLength;
    this.inputShape = graph.inputShape;
    this.outputShape = shapeOf(graph, graph.output);
    const { exports } = new WebAssembly.Instance(module, { e: { m: memory } });
    this.#loaded = {
      graph,
      assembly,
      machine,
      runDriver: exports[assembly.drivers.run] as Driver,
      packDriver: exports[assembly.drivers.pack] as Driver,
      control: new Int32Array(buffer),
    };
    if (!isFresh) new Uint8Array(buffer, 0, assembly.working.start).fill(0);
    assembly.initialise(buffer);
    const id = newProgramId();
    this.#remains = { id, memory, shared, known: new Set(), left: Promise.resolve() };
    forgotten.register(this, this.#remains, this);
  }

  /** Packs the weights that machine code packs. */
  async prepare({ blocking, early }: PrepareOptions): Promise<void> {
    const begin = () => this.#packFrom(0, blocking);
    const start = this.#isAlone(blocking) ? begin : () => beginTurn(begin);
    if (early) this.#pending = start();
    else await this.#inTurn(blocking, () => begin()());
  }

  /**
   * Begins with packing `index` and those after it whose weights fit into the working memory, where they wait.
   * @returns What goes on with the rest, and waits for all.
   */
  #packFrom(index: number, blocking: boolean): () => Promise<void> {
    const { packings, working, stagePacking } = this.#assembly;
    let end = index;
    for (let at = working.start; end < packings.length; end++) {
      const next = align(at + 4 * packings[end].weight.size);
      if (end > index && next > working.end) break;
      stagePacking(this.#machine.memory.buffer, end, at);
      at = next;
    }
    const finish = this.#beginPacking(index, end, blocking);
    return async () => {
      await finish();
      if (end < packings.length) await this.#packFrom(end, blocking)();
    };
  }

  /** Sends workers to packings `from … to − 1`. @returns What takes part in it, and waits for them. */
  #beginPacking(from: number, to: number, blocking: boolean): () => Promise<void> {
    const { threads, shared } = this.#machine;
    const { drivers, steps } = this.#assembly;
    const helps = (blocking && canBlock()) || !shared;
    const [first, end] = [steps.length + from, steps.length + to];
    this.#reset(first, end);
    const workers = takeWorkers(helps ? threads - 1 : threads);
    const runs = this.#send(workers, drivers.pack, first, end, helps ? 1 : 0);
    return async () => {
      if (helps) {
        for (let step = first; step < end; step++) {
          if (!blocking) await pause();
          this.#held.packDriver(step, step + 1, this.#scratch(0));
        }
      }
      try {
        await Promise.all(runs);
        this.#checkLost();
      } catch (error) {
        this.#giveUp();
        await this.#gather(workers, runs);
        throw error;
      }
    };
  }

  /** Waits for weights that are still being packed. After a failure, the next run begins anew. */
  async #finishPacking(): Promise<void> {
    const finish = this.#pending;
    if (finish === null) return;
    this.#pending = () => this.prepare({ blocking: false, early: false });
    await finish();
    this.#pending = null;
  }

  run(input: Tensor, options: RunOptions = {}): Promise<Tensor> {
    return this.#queue.run(async () => {
      checkInput(input, this.inputShape);
      await this.#finishPacking();
      const out = new Float32Array(sizeOf(this.outputShape));
      const pictures = this.inputShape.length === 4 ? this.inputShape[0] : 1;
      const inSize = input.size / Math.max(1, pictures);
      const outSize = out.length / Math.max(1, pictures);
      const { input: from, output: to, steps } = this.#assembly;
      const { buffer } = this.#machine.memory;
      const report = this.#reporter(options, pictures);
      for (let n = 0; n < pictures; n++) {
        const picture = input.data.subarray(n * inSize, (n + 1) * inSize);
        new Float32Array(buffer, from.address, inSize).set(picture);
        const execute = () =>
          this.#execute(0, steps.length, options, (step) => {
            const done = this.#nodesThrough(step);
            if (done !== null && !this.#isBeyond) report(n, done);
          });
        await this.#inTurn(options.blocking ?? false, execute, options.signal);
        const found = this.#isBeyond
          ? await this.#runPlainly(picture, options, (done) => report(n, done))
          : new Float32Array(buffer, to.address, outSize);
        out.set(found, n * outSize);
      }
      return new Tensor(out, this.outputShape);
    }, options.signal);
  }

  dispose(): void {
    this.#queue.close(() => {
      forgotten.unregister(this);
      // Workers may be waiting for the calling thread, which never came.
      if (this.#pending !== null) this.#giveUp();
      this.#loaded = null;
      this.#pending = null;
      void clearUp(this.#remains);
    });
  }

  /** Whether the calling thread does it all: it then waits for nobody. */
  #isAlone(blocking: boolean): boolean {
    const { threads, shared } = this.#machine;
    return !shared || (threads === 1 && blocking && canBlock());
  }

  #inTurn<T>(blocking: boolean, job: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#isAlone(blocking) ? job() : inTurn(job, signal);
  }

  get #assembly(): Assembly {
    return this.#held.assembly;
  }

  get #machine(): Machine {
    return this.#held.machine;
  }

  get #control(): Int32Array {
    return this.#held.control;
  }

  /** The queue lets nobody in here after it was closed. */
  get #held(): Loaded {
    return this.#loaded as Loaded;
  }

  /** Steps `from … to − 1`, with all threads. */
  async #execute(
    from: number,
    to: number,
    { blocking = false, signal, onProgress }: RunOptions,
    onStep: (step: number) => void,
  ): Promise<void> {
    if (signal?.aborted) throw new AbortError();
    this.#reset(from, to);
    const stop = () => Atomics.store(this.#control, CONTROL.stop / 4, 1);
    signal?.addEventListener('abort', stop, { once: true });
    try {
      // A page's main thread could not wait at a barrier, so there workers do it all.
      if ((blocking && canBlock()) || !this.#machine.shared) {
        await this.#executeHere(from, to, !blocking || signal !== undefined, onStep);
      } else {
        await this.#executeElsewhere(from, to, onProgress !== undefined, onStep);
      }
    } finally {
      signal?.removeEventListener('abort', stop);
    }
    if (signal?.aborted) throw new AbortError();
    this.#checkLost();
  }

  /** Whether a layer got a value beyond what it takes, which ended the run. */
  get #isBeyond(): boolean {
    return Atomics.load(this.#control, CONTROL.beyond / 4) !== 0;
  }

  /**
   * One picture by plain loops, whose sums in double precision take all that float32 has.
   * @param onNode Gets how many nodes are done.
   */
  async #runPlainly(
    picture: Float32Array,
    options: RunOptions,
    onNode: (done: number) => void,
  ): Promise<Float32Array> {
    const shape = [...this.inputShape.slice(0, -3).map(() => 1), ...this.inputShape.slice(-3)];
    const onProgress = ({ done }: { readonly done: number }) => onNode(done);
    const input = new Tensor(picture, shape);
    return (await runPlainly(this.#held.graph, input, { ...options, onProgress })).data;
  }

  #checkLost(): void {
    if (Atomics.load(this.#control, CONTROL.lost / 4) !== 0) throw lost();
  }

  /** The calling thread takes part, step by step, and others if the memory is shared. */
  async #executeHere(
    from: number,
    to: number,
    pausing: boolean,
    onStep: (step: number) => void,
  ): Promise<void> {
    const others = await this.#workers(this.#machine.threads - 1);
    const runs = this.#send(others, this.#assembly.drivers.run, from, to, 1);
    try {
      for (let step = from; step < to; step++) {
        if (pausing) await pause();
        this.#held.runDriver(step, step + 1, this.#scratch(0));
        onStep(step);
      }
      this.#checkLost();
    } catch (error) {
      this.#giveUp();
      await this.#gather(others, runs);
      throw error;
    }
  }

  /** Workers do everything; the event loop stays free. */
  async #executeElsewhere(
    from: number,
    to: number,
    report: boolean,
    onStep: (step: number) => void,
  ): Promise<void> {
    const workers = await this.#workers(this.#machine.threads);
    let thrown: { readonly error: unknown } | null = null;
    const onSteps = (step: number) => {
      try {
        if (thrown === null) onStep(step);
      } catch (error) {
        // Workers are still within: whoever called hears it when they are out.
        thrown = { error };
        Atomics.store(this.#control, CONTROL.stop / 4, 1);
      }
    };
    const { run } = this.#assembly.drivers;
    const runs = this.#send(workers, run, from, to, 0, report ? onSteps : null);
    try {
      await Promise.all(runs);
      if (thrown !== null) throw (thrown as { error: unknown }).error;
    } catch (error) {
      this.#giveUp();
      await this.#gather(workers, runs);
      throw error;
    }
  }

  /** Clears what threads agree through, for steps `from … to − 1`. */
  #reset(from: number, to: number): void {
    this.#waitForIdle();
    const counters = (step: number) => (CONTROL.steps + step * COUNTER_BYTES) / 4;
    this.#control.fill(0, counters(from), counters(to));
    const { idle, stop, lost, beyond } = CONTROL;
    for (const word of [idle, stop, lost, beyond]) this.#control[word / 4] = 0;
  }

  /**
   * Sends workers into steps `from … to − 1`, with the scratch memory of thread `first` and those after it.
   * @param onStep Where the first of them reports each step.
   */
  #send(
    workers: readonly PoolWorker[],
    driver: string,
    from: number,
    to: number,
    first: number,
    onStep: ((step: number) => void) | null = null,
  ): Promise<void>[] {
    const { id, known } = this.#remains;
    this.#sent = workers.length;
    const runs = workers.map((worker, i) => {
      const report = onStep !== null && i === 0;
      const part = { driver, from, to, scratch: this.#scratch(first + i), report };
      const message = { ...this.#introduction(worker), run: part };
      const run = worker.ask(id, message, onStep ?? undefined);
      // Whoever waits for it is told. Who knows what the worker has heard: the next time, it is told all again.
      run.catch(() => {
        if (known.delete(worker)) worker.tell(id, { drop: true });
      });
      return run;
    });
    this.#remains.left = Promise.allSettled(runs);
    return runs;
  }

  /** The others must not wait at a barrier for the one that failed. */
  #giveUp(): void {
    Atomics.store(this.#control, CONTROL.stop / 4, 1);
    Atomics.store(this.#control, CONTROL.lost / 4, 1);
  }

  /** After a failure: workers come out of the run by themselves; one that does not is ended, and replaced later. */
  async #gather(workers: readonly PoolWorker[], runs: readonly Promise<void>[]): Promise<void> {
    const missing = new Set(workers);
    const late = setTimeout(() => {
      for (const worker of missing) worker.end(NOT_BACK);
    }, GATHER_MS);
    await Promise.allSettled(runs.map((run, i) => run.finally(() => missing.delete(workers[i]))));
    clearTimeout(late);
    this.#sent = 0;
  }

  /** Workers that have the program. Whoever waited for one at a barrier instead would not hear that it died. */
  async #workers(count: number): Promise<PoolWorker[]> {
    if (count === 0) return [];
    const workers = takeWorkers(count);
    const { id, known } = this.#remains;
    const strangers = workers.filter((worker) => !known.has(worker));
    await Promise.all(strangers.map((worker) => worker.ask(id, this.#introduction(worker))));
    return workers;
  }

  /** What a worker that does not know this program yet has to be told. */
  #introduction(worker: PoolWorker): object {
    const { known } = this.#remains;
    if (known.has(worker)) return {};
    known.add(worker);
    const { module, memory } = this.#machine;
    return { load: { module, memory } };
  }

  #scratch(thread: number): number {
    const { start, bytes } = this.#assembly.scratch;
    return start + thread * bytes;
  }

  /** A worker may still be leaving the last barrier, where it looks at counters that are about to be cleared. */
  #waitForIdle(): void {
    const idle = CONTROL.idle / 4;
    for (;;) {
      const count = Atomics.load(this.#control, idle);
      if (count >= this.#sent) break;
      if (Atomics.wait(this.#control, idle, count, IDLE_TIMEOUT_MS) === 'timed-out') {
        this.#sent = 0;
        throw lost();
      }
    }
    this.#sent = 0;
  }

  /**
   * Nodes that are done after a step. It may do the work of several: all that came before its own count as done, too. A
   * node may take several steps: it is done with the last, and `null` stands for those before.
   */
  #nodesThrough(step: number): number | null {
    const { steps } = this.#assembly;
    if (step === steps.length - 1) return this.#held.graph.nodes.length;
    const { node } = steps[step];
    return node === steps[step + 1].node ? null : (node?.id ?? 0);
  }

  /** Reports nodes of a picture, up to a number of them, that were not reported before. */
  #reporter({ onProgress }: RunOptions, pictures: number): (picture: number, done: number) => void {
    if (onProgress === undefined) return () => undefined;
    const { nodes } = this.#held.graph;
    let reported = 0;
    let since = performance.now();
    return (picture, done) => {
      const target = picture * nodes.length + done;
      const now = performance.now();
      while (reported < target) {
        const node = nodes[reported % nodes.length] as GraphNode;
        reported++;
        onProgress({
          node,
          done: reported,
          total: nodes.length * pictures,
          milliseconds: reported === target ? now - since : 0,
        });
      }
      since = now;
    };
  }
}
