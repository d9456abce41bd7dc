import { AbortError, CycleganError } from '../../errors.js';
import { type Graph, type GraphNode, shapeOf } from '../../graph/graph.js';
import { canBlock, pause } from '../../platform/pause.js';
import { type Shape, sizeOf } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import type { Program, RunOptions } from '../engine.js';
import { checkInput } from '../plainProgram.js';
import { Queue } from '../queue.js';
import { CONTROL, COUNTER_BYTES } from './kernels/driver.js';
import { keepMemory } from './memoryPool.js';
import type { Assembly } from './plan/assemble.js';
import { newProgramId, type PoolWorker, takeWorkers, WorkerError } from './pool/pool.js';

export interface Machine {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly threads: number;
  /** Whether other threads can share the memory. */
  readonly shared: boolean;
  /** Whether the process is the caller's own: memory may then be kept for the next program. */
  readonly owned: boolean;
  readonly details: readonly string[];
}

/** How long the calling thread waits for workers that are still on their way out of the last run. */
const IDLE_TIMEOUT_MS = 60_000;

type Driver = (from: number, to: number, scratch: number) => void;

/** Workers hold a program's memory, too: they are told when nobody can use it any more. */
const forgotten = new FinalizationRegistry<{ id: number; known: ReadonlySet<PoolWorker> }>(
  ({ id, known }) => {
    for (const worker of known) worker.tell(id, { drop: true });
  },
);

/** A graph as machine code over one memory. */
export class WasmProgram implements Program {
  readonly engine = 'wasm';
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly memoryBytes: number;
  readonly fallbacks: readonly string[] = [];
  readonly details: readonly string[];
  readonly #queue = new Queue();
  readonly #graph: Graph;
  readonly #assembly: Assembly;
  readonly #machine: Machine;
  readonly #driver: Driver;
  readonly #control: Int32Array;
  readonly #id = newProgramId();
  /** Workers that know this program. */
  readonly #known = new Set<PoolWorker>();
  /** Workers that were sent into the current run. */
  #sent = 0;

  constructor(graph: Graph, assembly: Assembly, machine: Machine) {
    this.#graph = graph;
    this.#assembly = assembly;
    this.#machine = machine;
    this.details = machine.details;
    this.memoryBytes = machine.memory.buffer.byteLength;
    this.inputShape = graph.inputShape;
    this.outputShape = shapeOf(graph, graph.output);
    const instance = new WebAssembly.Instance(machine.module, { e: { m: machine.memory } });
    this.#driver = instance.exports[assembly.driver] as Driver;
    this.#control = new Int32Array(machine.memory.buffer);
    assembly.initialise(machine.memory.buffer);
    forgotten.register(this, { id: this.#id, known: this.#known }, this);
  }

  /** Packs the weights that machine code packs; the working memory holds them meanwhile. */
  async prepare(options: RunOptions): Promise<void> {
    const { packings, working, steps } = this.#assembly;
    const { buffer } = this.#machine.memory;
    let index = 0;
    while (index < packings.length) {
      const from = index;
      let at = working.start;
      while (index < packings.length) {
        const bytes = Math.ceil(packings[index].weight.data.byteLength / 64) * 64;
        if (index > from && at + bytes > working.end) break;
        this.#assembly.stagePacking(buffer, index, at);
        at += bytes;
        index++;
      }
      await this.#execute(steps.length + from, steps.length + index, options, () => undefined);
    }
  }

  run(input: Tensor, options: RunOptions = {}): Promise<Tensor> {
    return this.#queue.run(async () => {
      checkInput(input, this.inputShape);
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
        await this.#execute(0, steps.length, options, (step) => report(n, step));
        out.set(new Float32Array(buffer, to.address, outSize), n * outSize);
      }
      return new Tensor(out, this.outputShape);
    });
  }

  dispose(): void {
    this.#queue.close(() => {
      forgotten.unregister(this);
      for (const worker of this.#known) worker.tell(this.#id, { drop: true });
      this.#known.clear();
      const { memory, shared, owned } = this.#machine;
      if (owned && this.#isIdle()) keepMemory(memory, shared);
    });
  }

  /** Whether every worker has left the last run. */
  #isIdle(): boolean {
    return Atomics.load(this.#control, CONTROL.idle / 4) >= this.#sent;
  }

  /** Steps `from … to − 1`, with all threads. */
  async #execute(
    from: number,
    to: number,
    { blocking = false, signal, onProgress }: RunOptions,
    onStep: (step: number) => void,
  ): Promise<void> {
    if (signal?.aborted) throw new AbortError();
    this.#waitForIdle();
    this.#control.fill(0, CONTROL.steps / 4, (CONTROL.steps + to * COUNTER_BYTES) / 4);
    for (const word of [CONTROL.idle, CONTROL.stop, CONTROL.lost]) this.#control[word / 4] = 0;
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
    if (Atomics.load(this.#control, CONTROL.lost / 4) !== 0) {
      throw new WorkerError('it did not come back from its work');
    }
  }

  /** The calling thread takes part, step by step, and others if the memory is shared. */
  async #executeHere(
    from: number,
    to: number,
    pausing: boolean,
    onStep: (step: number) => void,
  ): Promise<void> {
    const others = await this.#workers(this.#machine.threads - 1);
    const runs = others.map((worker, i) =>
      worker.ask(this.#id, { run: { from, to, scratch: this.#scratch(i + 1), report: false } }),
    );
    this.#sent = others.length;
    for (const run of runs) run.catch(() => undefined);
    try {
      for (let step = from; step < to; step++) {
        if (pausing) await pause();
        this.#driver(step, step + 1, this.#scratch(0));
        onStep(step);
      }
    } catch (error) {
      this.#giveUp();
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
    this.#sent = workers.length;
    const runs = workers.map((worker, i) =>
      worker.ask(
        this.#id,
        { run: { from, to, scratch: this.#scratch(i), report: report && i === 0 } },
        onStep,
      ),
    );
    try {
      await Promise.all(runs);
    } catch (error) {
      this.#giveUp();
      await Promise.allSettled(runs);
      this.#sent = 0;
      throw error;
    }
  }

  /** The others must not wait at a barrier for the one that failed. */
  #giveUp(): void {
    Atomics.store(this.#control, CONTROL.stop / 4, 1);
    Atomics.store(this.#control, CONTROL.lost / 4, 1);
  }

  async #workers(count: number): Promise<PoolWorker[]> {
    if (count === 0) return [];
    const workers = takeWorkers(count);
    const { module, memory } = this.#machine;
    const { driver } = this.#assembly;
    const strangers = workers.filter((worker) => !this.#known.has(worker));
    await Promise.all(
      strangers.map((worker) => worker.ask(this.#id, { load: { module, memory, driver } })),
    );
    for (const worker of strangers) this.#known.add(worker);
    return workers;
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
        throw new WorkerError('it did not come back from its work');
      }
    }
    this.#sent = 0;
  }

  /**
   * A step may do the work of several nodes: all that came before its own count as done, too. A node
   * may take several steps: it is done with the last.
   */
  #reporter({ onProgress }: RunOptions, pictures: number): (picture: number, step: number) => void {
    if (onProgress === undefined) return () => undefined;
    const { nodes } = this.#graph;
    const { steps } = this.#assembly;
    let reported = 0;
    let since = performance.now();
    return (picture, step) => {
      const last = step === steps.length - 1;
      if (!last && steps[step].node === steps[step + 1].node) return;
      const through = last ? nodes.length : (steps[step].node?.id ?? 0);
      const target = picture * nodes.length + through;
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

/** A picture needs more memory than WebAssembly can have. */
export class MemoryError extends CycleganError {
  constructor(message: string) {
    super('ERR_TOO_LARGE', message);
  }
}
