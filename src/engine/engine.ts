import type { Graph, GraphNode } from '../graph/graph.js';
import type { AbortSignalLike } from '../platform/webTypes.js';
import type { ElementPart } from '../tensor/elementSource.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';

/** Every engine that there is. */
export type EngineName = 'wasm' | 'webgpu' | 'js';

/** How values lie in memory between layers; sums are float32 in any case. */
export type Precision = 'f32' | 'f16';

/**
 * The contract between the network as data and whatever runs it. An engine lives in a folder of its
 * own beside this file, is listed in `engines.ts`, imported only when it is used, and held to the
 * reference by the suite that all engines pass.
 */
export interface Engine {
  readonly name: EngineName;
  /** What `CompileOptions.precision` may be. Default: `f32` alone. */
  readonly precisions?: readonly Precision[];
  /** Why this engine cannot run here, for people; `null` when it can. */
  unavailable(): Promise<string | null>;
  /** Whether hardware of its own does the work, where an engine can run on the processor, too. */
  isAccelerated?(): Promise<boolean>;
  /** Starts what takes time to start, such as threads, if the engine has that and a `compile` is to come. */
  warmUp?(options: CompileOptions): void;
  /** Prepares everything that does not depend on the input's values. */
  compile(graph: Graph, options: CompileOptions): Promise<Program>;
  /** The least `memory` that `compile` would take, in bytes; where memory is not planned, there is none. Takes a part of the time. */
  leastMemory?(graph: Graph, options: CompileOptions): Promise<number>;
  /** Measures what its kind of code reaches at most on this machine; where that says nothing, there is none. */
  peak?(options: CompileOptions): Promise<Peak>;
}

/** What a machine can do: no network is faster than both allow. */
export interface Peak {
  readonly threads: number;
  /** 10⁹ float32 operations per second of multiply-adds in registers, two for each. */
  readonly gflops: number;
  /** 10⁹ bytes per second that are read from memory. */
  readonly gigabytesPerSecond: number;
}

export interface CompileOptions {
  /**
   * Most bytes that the program may hold (`memoryBytes`): packed weights, pictures as they go in and come out, and all values between. With
   * less than it would like to have, it lets values take each other's place, and makes the largest of them row by row, some
   * twice; results are the same to the bit. Engines that plan no memory ignore it (`js`, `webgpu`). Default: as much as it takes, up to
   * what the engine can have (of `wasm`, 4 GiB), but beyond 512 MB, or half of what is free, it saves what it can;
   * `Infinity` has it save nothing.
   */
  readonly memory?: number;
  /**
   * A folder for a scratch file, in which the program keeps values that do not fit into `memory`: with a few row-by-row windows of them in
   * memory, any size fits, at the price of reading and writing. Results are the same to the bit. The file goes with the program; those that
   * processes which are gone have left in that folder are removed. /tmp may be memory itself. In a page, it is a folder of the private file
   * system of its origin (OPFS), of which `/` is all, and the caller is a dedicated worker: no other thread has such files. The thread that compiles
   * reads and writes for all others while a program runs. Engines that plan no memory ignore it. Default: no such file.
   */
  readonly scratch?: string;
  /**
   * Whether a run with values in a scratch file that is ended, by its `signal` or with its process, can go on from the last layers that were
   * done, with the same bits: what was computed then stays in the folder, for a week, and the next run there with the same input, weights
   * and options takes it up. A run that is done leaves nothing. In Node; pages ignore it. Default: false.
   */
  readonly resume?: boolean;
  /** Threads to use; engines without threads ignore it. Default: what the machine has. */
  readonly threads?: number;
  /**
   * Whether V8's flags may be set, which concerns the whole process. In Node 24, other WebAssembly that has run often by then may end the process: compile
   * a first program before it is loaded (libwebp by `loadDecoder`, say). Default: false.
   */
  readonly allowV8Flags?: boolean;
  /** Whether V8 may be asked to widen machine code to 256 bits. Default: true, with `allowV8Flags`. */
  readonly revectorize?: boolean;
  /** Whether the calling thread may take part in preparing, without pause. Default: false. */
  readonly blocking?: boolean;
  /**
   * Whether the program may be given back while worker threads still make weights ready; its first run waits for
   * them. Default: false.
   */
  readonly early?: boolean;
  /**
   * `f16`, of the engine `webgpu` on a GPU that has `shader-f16`: values and weights take half the memory, and results differ by some
   * thousandths of the range; the program's `details` say by how much, measured with its own weights. Default: `f32`.
   *
   * @throws CycleganError `ERR_PRECISION` where there is no such thing.
   */
  readonly precision?: Precision;
  /** One of an engine's ways of making code, by name, for tests and benches. Default: the fastest. */
  readonly variant?: string;
  /** One of an engine's ways of saving memory, by name, for tests and benches. Default: the first that keeps to `memory`. */
  readonly economy?: string;
}

/** Which engine, and how it is to prepare. */
export interface EngineOptions extends CompileOptions {
  /** An engine by name. Default: the fastest that runs here. */
  readonly engine?: EngineName;
}

/** A network prepared for its input shapes. */
export interface Program {
  readonly engine: EngineName;
  /** Of the inputs and outputs, in their order. */
  readonly inputShapes: readonly Shape[];
  readonly outputShapes: readonly Shape[];
  /** Of the first, which most networks have alone. */
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** How the program runs, for people: threads, machine code, memory. */
  readonly details: readonly string[];
  /** Memory that the program holds until it is disposed of. */
  readonly memoryBytes: number;
  /** What its scratch file may hold (`CompileOptions.scratch`); 0 where it has none. */
  readonly scratchBytes: number;
  /** Nodes that the engine leaves to the reference loops, `model.0 (reflectionPad2d)`. */
  readonly fallbacks: readonly string[];
  /**
   * Runs a network of one input and one output. The result is a fresh tensor that nothing else refers to. Calls queue: one runs at a time,
   * and among all programs one that shares threads. When a worker fails, the call that it was in fails with it.
   *
   * @param input A tensor of `inputShape`.
   * @throws ShapeError for another shape; the signal's reason after it fired.
   */
  run(input: Tensor, options?: RunOptions): Promise<Tensor>;
  /**
   * The same for any number of inputs and outputs.
   * @param inputs Tensors of `inputShapes`, in their order.
   */
  runAll(inputs: readonly Tensor[], options?: RunOptions): Promise<Tensor[]>;
  /**
   * As `run`, but without a tensor of the result: large pictures have no second copy of it then.
   *
   * @param input Where its elements are yet to be fetched (a tensor of an `ElementSource`), they are fetched into the program's own
   * memory where it can be written to, and not kept; perhaps more than once.
   * @param read Gets the output's elements, row-major, where the program has them: to be read before it returns, and not to be written to.
   * @returns What `read` returns.
   */
  runReading<T>(input: Tensor, read: (output: Float32Array) => T, options?: RunOptions): Promise<T>;
  /**
   * As `runReading`, but part by part, so that an output in a scratch file is never whole in memory; nor is an input there, whose source can
   * be read in parts (`ElementSource.begin`).
   *
   * @param read Gets what gives parts of the output until it returns.
   * @returns What `read` returns.
   */
  runReadingParts<T>(
    input: Tensor,
    read: (part: ElementPart) => T,
    options?: RunOptions,
  ): Promise<T>;
  /**
   * Packs other weights into the program, without compiling anew; runs that were called before still have the old ones.
   * To the bit, what a program that is compiled with them computes.
   *
   * @param parameters Tensors by state-dict key; those that are not there keep their elements.
   * @throws ShapeError `ERR_PARAMETER` for a key that the program does not have, or another shape; nothing is changed then.
   */
  updateParameters(parameters: ReadonlyMap<string, Tensor>): Promise<void>;
  /**
   * The weights that the next run has, by state-dict key, written back ones included: the very tensors that it was given. What
   * is written into their arrays since is not packed before `updateParameters`. A program that writes weights back may hold them in
   * its own memory alone: they are copied out of it each time that they are asked for.
   *
   * @param keys Which ones; those that the program does not have are left out. Default: all.
   */
  parameters(keys?: Iterable<string>): ReadonlyMap<string, Tensor>;
  /** Frees what the program holds, once queued runs are done; later runs are refused. */
  dispose(): void;
}

export interface RunOptions {
  /** The calling thread may work without pause until the result is there, if it can. Default: false. */
  readonly blocking?: boolean;
  /** Ends the run, at once while it waits for others, else after a step. */
  readonly signal?: AbortSignalLike;
  /**
   * Called after a run with what each of its kernels took, of the first picture. Engines that cannot tell ignore it; such a run is slower
   * as a whole.
   */
  readonly onKernel?: (time: KernelTime) => void;
  /** Called after each node. What it throws ends the run. */
  readonly onProgress?: (progress: NodeProgress) => void;
}

/** What a kernel of a GPU took. */
export interface KernelTime {
  /** What it does, for people. */
  readonly label: string;
  /** The last node that is done with it; `null` for what no node asked for. */
  readonly node: GraphNode | null;
  readonly milliseconds: number;
}

export interface NodeProgress {
  readonly node: GraphNode;
  /** Nodes done, this one included. */
  readonly done: number;
  readonly total: number;
  readonly milliseconds: number;
  /** Set where an earlier run has done the node (`CompileOptions.resume`). */
  readonly resumed?: true;
}
