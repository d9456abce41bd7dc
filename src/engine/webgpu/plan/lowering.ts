import type { GraphNode } from '../../../graph/graph.js';
import type { FlatValue } from '../../shared/fuse/flatValue.js';
import {
  type LazyValue,
  NO_BORDER,
  type NormFactors,
  type Pointwise,
  type Stored,
} from '../../shared/fuse/lazyValue.js';
import type { Sums } from '../../shared/fuse/steps.js';
import type { Target } from '../kernels/maps.js';
import type { Parts } from '../kernels/statistics.js';
import type { Kernel } from '../shader/wgsl.js';
import { type ArenaBuffer, type DeviceBuffer, type Format, newArenaBuffer } from './buffers.js';
import { type PlanOptions, withDefaults } from './options.js';
import type { Dispatch } from './plan.js';
import { FACTOR_ROWS, type Source, type SourceOperation, vectorsOf } from './source.js';
import { plainWeight } from './weights.js';

/** Where values lie, and the dispatches so far: what lowering a step reads and adds to. */
export class Lowering {
  readonly options: Required<PlanOptions>;
  readonly preparation: Dispatch[] = [];
  readonly dispatches: Dispatch[] = [];
  readonly buffers: ArenaBuffer[] = [];
  readonly inputs: ArenaBuffer[] = [];
  readonly outputs: ArenaBuffer[] = [];
  readonly #places = new Map<Stored | NormFactors | FlatValue, DeviceBuffer>();
  readonly #parts = new Map<Sums, Parts>();

  constructor(options: PlanOptions) {
    this.options = withDefaults(options);
  }

  /** Room in the arena for as long as dispatches use it. */
  buffer(elements: number, format: Format = 'f32'): ArenaBuffer {
    const buffer = newArenaBuffer(elements, format);
    this.buffers.push(buffer);
    return buffer;
  }

  push(kernel: Kernel, node: GraphNode | null, flops = 0): void {
    const index = this.dispatches.length;
    for (const { buffer } of kernel.bindings) {
      if (buffer.kind !== 'arena') continue;
      buffer.first = Math.min(buffer.first, index);
      buffer.last = index;
    }
    this.dispatches.push({ kernel, node, flops });
  }

  /** Where a value is written as pixels. */
  target(value: Stored): Target {
    return { ...value, buffer: this.pixels(value) };
  }

  /** Where a value lies as pixels; room for it, when it is asked for first. */
  pixels(value: Stored): ArenaBuffer {
    const elements = value.height * value.width * vectorsOf(value.channels) * 4;
    return this.#arena(value, elements, this.options.format);
  }

  /** Where a flat value lies. */
  flat(value: FlatValue): DeviceBuffer {
    const known = this.#places.get(value);
    if (known !== undefined || value.weight === null) return known ?? this.newFlat(value);
    const weight = plainWeight(value.weight, value.size);
    this.#places.set(value, weight);
    return weight;
  }

  /** Room for a flat value that is computed. */
  newFlat(value: FlatValue): ArenaBuffer {
    return this.#arena(value, value.size);
  }

  /** Room for a norm's factors. */
  newFactors(norm: NormFactors): ArenaBuffer {
    return this.#arena(norm, FACTOR_ROWS.count * vectorsOf(norm.channels) * 4);
  }

  factors(norm: NormFactors): DeviceBuffer {
    return this.#places.get(norm) as DeviceBuffer;
  }

  place(norm: NormFactors, buffer: DeviceBuffer): void {
    this.#places.set(norm, buffer);
  }

  setParts(sums: Sums, parts: Parts): void {
    this.#parts.set(sums, parts);
  }

  parts(sums: Sums): Parts {
    return this.#parts.get(sums) as Parts;
  }

  /** How a kernel reads a value. */
  source({ core, border }: LazyValue): Source {
    const { channels, height, width } = core.stored;
    return {
      buffer: this.pixels(core.stored),
      channels,
      vectors: vectorsOf(channels),
      height,
      width,
      operations: core.pending.map((operation) => this.#operation(operation, channels)),
      border,
    };
  }

  /** The same without a border. */
  inner(value: LazyValue): Source {
    return { ...this.source(value), border: NO_BORDER };
  }

  #operation(operation: Pointwise, channels: number): SourceOperation {
    switch (operation.kind) {
      case 'activation':
        return operation;
      case 'norm':
        return { kind: 'norm', factors: this.factors(operation.factors) };
      case 'gate':
      case 'normGradient':
        throw new Error(`${operation.kind} is of gradients, which this engine has no kernels for`);
      default: {
        const { kind, other } = operation;
        return { kind, other: this.pixels(other), isMask: other.channels < channels };
      }
    }
  }

  #arena(
    value: Stored | NormFactors | FlatValue,
    elements: number,
    format: Format = 'f32',
  ): ArenaBuffer {
    const known = this.#places.get(value);
    if (known !== undefined) return known as ArenaBuffer;
    const buffer = this.buffer(elements, format);
    this.#places.set(value, buffer);
    return buffer;
  }
}
