import { type Buffer, newBuffer } from '../../shared/arena.js';
import type { FlatValue } from '../../shared/fuse/flatValue.js';
import {
  type LazyValue,
  NO_BORDER,
  type NormFactors,
  type Stored,
  sizeWithBorder,
} from '../../shared/fuse/lazyValue.js';
import type { FusedStep, OutputStep, Sums } from '../../shared/fuse/steps.js';
import { NORM_ROWS } from '../kernels/rows/operations.js';
import { normsOf, othersOf, rowOperation } from './pending.js';
import { readersOf } from './readers.js';
import { paddedChannels, type Source } from './source.js';
import type { Stage } from './stages.js';

/** Where values of a fused graph are, and the stages that its steps become (`lower/`). */
export class Lowering {
  readonly stages: Stage[] = [];
  readonly buffers: Buffer[] = [];
  /** Of values as pixels, of norms' factors, and of sums. */
  readonly places = new Map<Stored | NormFactors | Sums | FlatValue, Buffer>();
  readonly flatWeights = new Map<number, Buffer>();
  readonly inputs: Buffer[] = [];
  /** Inputs that are pictures as they come in; imports are made once a stage reads one as pixels. */
  readonly planar = new Map<Stored, Buffer>();
  readonly imports: Stage[] = [];
  readonly outputs = new Map<OutputStep, Buffer>();
  readonly readers: ReadonlyMap<Stored, readonly FusedStep[]>;
  /** Values that are read where their parts lie, and never put together. */
  readonly parts = new Map<Stored, readonly [Source, Source]>();

  readonly readsApart: boolean;

  constructor(steps: readonly FusedStep[], readsApart: boolean) {
    this.readsApart = readsApart;
    this.readers = readersOf(steps);
  }

  planarOutput(step: OutputStep, stored: Stored): Buffer {
    const planar = this.buffer(planarBytes(stored));
    this.outputs.set(step, planar);
    return planar;
  }

  source(value: LazyValue): Source {
    const { stored, pending } = value.core;
    const [norm] = normsOf(pending);
    const [other] = othersOf(pending);
    return {
      ...this.described(value, this.pixels(stored)),
      norm: norm === undefined ? null : (this.places.get(norm) as Buffer),
      other: other === undefined ? null : this.pixels(other),
    };
  }

  described({ core, border }: LazyValue, buffer: Buffer): Source {
    const { channels: planes } = core.stored;
    const [height, width] = sizeWithBorder({ core, border: NO_BORDER });
    return {
      buffer,
      isPlanar: false,
      planes,
      channels: paddedChannels(planes),
      height,
      width,
      operations: core.pending.map((operation) => rowOperation(operation, core.stored)),
      norm: null,
      other: null,
      border,
      fold: core.fold ?? null,
      bound: core.bound,
    };
  }

  /** Where a value is as pixels; an input is imported for the first that asks. */
  pixels(stored: Stored): Buffer {
    const known = this.places.get(stored);
    if (known !== undefined) return known;
    const planar = this.planar.get(stored) as Buffer;
    const to = this.store(stored);
    this.imports.push({ kind: 'import', node: null, planar, to, value: stored });
    return to;
  }

  /** Where a flat value is, or goes. */
  flat(value: FlatValue): Buffer {
    const { size, weight } = value;
    const known = weight === null ? this.places.get(value) : this.flatWeights.get(weight);
    if (known !== undefined) return known;
    // Whole vectors.
    const bytes = paddedChannels(size) * 4;
    if (weight !== null) {
      const buffer = newBuffer(bytes);
      this.flatWeights.set(weight, buffer);
      return buffer;
    }
    const buffer = this.buffer(bytes);
    this.places.set(value, buffer);
    return buffer;
  }

  store(value: Stored): Buffer {
    const buffer = this.buffer(value.height * value.width * paddedChannels(value.channels) * 4);
    this.places.set(value, buffer);
    return buffer;
  }

  factors(norm: NormFactors, rows = NORM_ROWS.count): Buffer {
    const buffer = this.buffer(rows * paddedChannels(norm.channels) * 4);
    this.places.set(norm, buffer);
    return buffer;
  }

  buffer(bytes: number): Buffer {
    const buffer = newBuffer(bytes);
    this.buffers.push(buffer);
    return buffer;
  }
}

export function planarBytes({ channels, height, width }: Stored): number {
  return channels * height * width * 4;
}
