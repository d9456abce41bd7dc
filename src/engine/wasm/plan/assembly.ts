import type { FunctionHandle } from '../../../emit/module.js';
import type { GraphNode } from '../../../graph/graph.js';
import type { ElementReader } from '../../../tensor/elementSource.js';
import type { Tensor } from '../../../tensor/tensor.js';
import type { Buffer } from '../../shared/arena.js';
import type { WritableMemory } from '../writableMemory.js';
import type { Checkpoint } from './checkpoints.js';

/** One step as the driver sees it. */
export interface Step {
  readonly stage: FunctionHandle;
  readonly items: number;
  /** Which of the stage's items is the first. Default: 0. */
  readonly firstItem?: number;
  readonly args: readonly Argument[];
  readonly node: GraphNode | null;
  /** Bytes that it moves to the scratch file, or from there. Default: 0. */
  readonly traffic?: number;
}

/** A buffer, whose address is known later, or where that would begin if only its last rows were in memory; or a plain number. */
export type Argument = Buffer | BufferPlace | FilePlace | number | null;

/** Half of where a buffer lies in the scratch file: the words of that are 32 bits wide. */
export interface FilePlace {
  readonly file: Buffer;
  readonly offset: number;
  readonly half: 'low' | 'high';
}

export interface BufferPlace {
  readonly buffer: Buffer;
  /** Bytes from the buffer's start. */
  readonly offset: number;
}

/** Weights that machine code packs. */
export interface WeightPacking {
  /** The leaf. */
  readonly weight: number;
  /** Elements of it. */
  readonly size: number;
  /** Whether they are the first of it: others follow those of the packing before. */
  readonly isFirst: boolean;
  readonly to: BufferPlace;
  readonly stage: FunctionHandle;
  readonly items: number;
}

/** Memory that is written by the calling thread, from weights: again, when these change. */
export interface WeightFill {
  /** Leaves that it reads. */
  readonly reads: readonly number[];
  /** Whether it writes a weight as it is, where steps of the program write it, too. */
  readonly isFlat?: boolean;
  apply(memory: WritableMemory, weight: (id: number) => Tensor): void;
}

/** A program laid out in memory, but for its machine code. */
export interface Assembly {
  /** The functions that go through steps: those of a run, one after the other, and packings, which do not wait for each other. */
  readonly drivers: { readonly run: string; readonly pack: string };
  /** Those of a run, and from number `commit` on those that write weights. */
  readonly steps: readonly Step[];
  readonly commit: number;
  /** Where weights are that are kept as they are, by the first of their numbers. */
  readonly flatWeights: ReadonlyMap<number, Buffer>;
  readonly packings: readonly WeightPacking[];
  readonly fills: readonly WeightFill[];
  /**
   * Fills in records and pointers. Padding stays as it is, so memory has to be zero up to `working`; what lies behind is
   * written before it is read.
   */
  initialise(memory: WritableMemory): void;
  /** Sets up packing `index` to read its weights, which come from `read`, at `staged`. */
  stagePacking(memory: WritableMemory, index: number, staged: number, read: ElementReader): void;
  readonly inputs: readonly Buffer[];
  readonly outputs: readonly Buffer[];
  /** Values in the scratch file, whose addresses are offsets in it: inputs and outputs may be among them. */
  readonly files: ReadonlySet<Buffer>;
  /** Memory that only a run uses, but for scratch memory: between runs, weights can wait here. */
  readonly working: { readonly start: number; readonly end: number };
  readonly scratch: { readonly start: number; readonly bytes: number };
  /** Bytes of the scratch file; 0 for none. */
  readonly fileBytes: number;
  /** Where a run can go on, in their order. */
  readonly checkpoints: readonly Checkpoint[];
  /** Memory that no run changes: what steps are, the weights, and tables. */
  readonly constants: readonly { readonly start: number; readonly end: number }[];
  /** All memory, in bytes. */
  readonly bytes: number;
}

/** What there is to know of the weights of a graph, by their numbers. */
export interface WeightFacts {
  sizeOf(id: number): number;
  /** Of the leaves that are the same weight, in whatever shape, the first. */
  firstView(id: number): number;
  /** Of a leaf. */
  shapeOf(id: number): readonly number[];
  /** Whether runs change weights: those of convolutions are packed in each run then. */
  readonly areChanging: boolean;
}
