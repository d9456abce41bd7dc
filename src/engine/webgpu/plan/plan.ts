import type { GraphNode } from '../../../graph/graph.js';
import type { Kernel } from '../shader/wgsl.js';
import type { ArenaBuffer } from './buffers.js';

/** A kernel to run, and what for. */
export interface Dispatch {
  /** The last node that is done with it; `null` for what no node asked for. */
  readonly node: GraphNode | null;
  readonly kernel: Kernel;
  /** Floating-point operations, roughly: multiply-adds count twice, and all else as little as it takes. */
  readonly flops: number;
}

/** What a device does for one picture. */
export interface Plan {
  /** Kernels that make other weights of weights, whenever those have changed. */
  readonly preparation: readonly Dispatch[];
  readonly dispatches: readonly Dispatch[];
  /** Bytes of the arena, which all other values lie in. */
  readonly arenaBytes: number;
  /** Where each input of the graph is written before a run, and each output is read after it. */
  readonly inputs: readonly ArenaBuffer[];
  readonly outputs: readonly ArenaBuffer[];
}
