import type { GraphNode } from '../../../graph/graph.js';
import { type Buffer, newBuffer } from '../../shared/arena.js';
import type { FuserLimits } from '../../shared/fuse/fuser.js';
import {
  isMaterialized,
  type LazyValue,
  type NormFactors,
  type Pointwise,
  type Stored,
} from '../../shared/fuse/lazyValue.js';
import type {
  ConcatenateStep,
  ConstantNorm,
  ConvolutionStep,
  CopyStep,
  FusedGraph,
  FusedStep,
  NormStep,
  OutputStep,
  PoolStep,
  Sums,
  SumsStep,
  UpsampleStep,
  Window,
} from '../../shared/fuse/steps.js';
import { NORM_ROWS, type RowOperation } from '../kernels/rows/rows.js';
import { chooseMethod, type Method } from './methods.js';
import { paddedChannels, type Source } from './source.js';

/** What row kernels can do to what they read: one norm, and one sum or product. */
export const LIMITS: FuserLimits = {
  takesPending: (pending) =>
    pending.filter(({ kind }) => kind === 'norm').length <= 1 &&
    pending.filter(({ kind }) => kind === 'add' || kind === 'mul').length <= 1,
};

/** What a step of the program does, before any machine code is written. */
export type Stage = { readonly node: GraphNode | null } & (
  | ImportStage
  | { readonly kind: 'export'; readonly source: Source; readonly planar: Buffer }
  | {
      readonly kind: 'copy';
      readonly source: Source;
      readonly window: Window | null;
      readonly to: Buffer;
    }
  | InsertStage
  | UpsampleStage
  | PoolStage
  | { readonly kind: 'sums'; readonly source: Source; readonly partials: Buffer }
  | NormStage
  | ConvolutionStage
);

/** Planes become pixels. */
interface ImportStage {
  readonly kind: 'import';
  readonly planar: Buffer;
  readonly to: Buffer;
  readonly value: Stored;
}

/** A value becomes some of the channels of a wider one. */
interface InsertStage {
  readonly kind: 'insert';
  readonly source: Source;
  readonly firstChannel: number;
  readonly wide: Stored;
  readonly to: Buffer;
}

export interface UpsampleStage {
  readonly kind: 'upsample';
  readonly step: UpsampleStep;
  readonly source: Source;
  readonly to: Buffer;
}

export interface PoolStage {
  readonly kind: 'pool';
  readonly step: PoolStep;
  readonly source: Source;
  readonly to: Buffer;
}

interface NormStage {
  readonly kind: 'norm';
  readonly partials: Buffer;
  readonly step: NormStep;
  readonly norm: Buffer;
}

export interface ConvolutionStage {
  readonly kind: 'convolution';
  readonly step: ConvolutionStep;
  readonly method: Method;
  readonly source: Source;
  readonly result: Buffer;
  /** Where the stage leaves sums for a norm. */
  readonly partials: Buffer | null;
  /** Where the stage writes a result of the network as planes, in place of `result`. */
  readonly planar: Buffer | null;
  /** Where the stage writes its source out for others. */
  readonly keep: Buffer | null;
}

export interface ConstantNormFactors {
  readonly buffer: Buffer;
  readonly channels: number;
  readonly norm: ConstantNorm;
}

export interface Plan {
  readonly stages: readonly Stage[];
  /** Buffers that live for some steps only. */
  readonly buffers: readonly Buffer[];
  readonly constantNorms: readonly ConstantNormFactors[];
  /** The network's inputs and results, `[C][H][W]`. */
  readonly inputs: readonly Buffer[];
  readonly outputs: readonly Buffer[];
}

/** Chooses methods for the steps of a fused graph, and gives each value a buffer. */
export function lower(fused: FusedGraph): Plan {
  return new Lowering(fused.steps).run(fused);
}

class Lowering {
  readonly #stages: Stage[] = [];
  readonly #buffers: Buffer[] = [];
  /** Of values as pixels, of norms' factors, and of sums. */
  readonly #places = new Map<Stored | NormFactors | Sums, Buffer>();
  /** Inputs as they come in; imports are made once a stage reads one as pixels. */
  readonly #planar = new Map<Stored, Buffer>();
  readonly #imports: Stage[] = [];
  readonly #outputs = new Map<OutputStep, Buffer>();
  readonly #readers: ReadonlyMap<Stored, readonly FusedStep[]>;

  constructor(steps: readonly FusedStep[]) {
    this.#readers = readersOf(steps);
  }

  run({ steps, constantNorms }: FusedGraph): Plan {
    const constants = constantNorms.map((norm) => {
      const channels = paddedChannels(norm.to.channels);
      const buffer = newBuffer(NORM_ROWS.count * channels * 4);
      this.#places.set(norm.to, buffer);
      return { buffer, channels, norm };
    });
    for (const step of steps) this.#lower(step);
    return {
      stages: [...this.#imports, ...this.#stages],
      buffers: this.#buffers,
      constantNorms: constants,
      inputs: [...this.#planar.values()],
      outputs: steps.flatMap((step) =>
        step.kind === 'output' ? [this.#outputs.get(step) as Buffer] : [],
      ),
    };
  }

  #lower(step: FusedStep): void {
    switch (step.kind) {
      case 'input':
        this.#planar.set(step.to, this.#buffer(planarBytes(step.to)));
        return;
      case 'output':
        this.#lowerOutput(step, step.node);
        return;
      case 'copy':
        this.#lowerCopy(step, step.node);
        return;
      case 'concatenate':
        this.#lowerConcatenate(step, step.node);
        return;
      case 'upsample': {
        const [source, to] = [this.#source(step.source), this.#store(step.to)];
        this.#stages.push({ kind: 'upsample', node: step.node, step, source, to });
        return;
      }
      case 'pool': {
        const [source, to] = [this.#source(step.source), this.#store(step.to)];
        this.#stages.push({ kind: 'pool', node: step.node, step, source, to });
        return;
      }
      case 'sums':
        this.#lowerSums(step, step.node);
        return;
      case 'norm':
        this.#lowerNorm(step, step.node);
        return;
      case 'convolution':
        this.#lowerConvolution(step, step.node);
    }
  }

  #lowerOutput(step: OutputStep, node: GraphNode | null): void {
    // The convolution that made it may have written it already.
    if (this.#outputs.has(step)) return;
    const planar = this.#planarOutput(step);
    this.#stages.push({ kind: 'export', node, source: this.#source(step.source), planar });
  }

  #planarOutput(step: OutputStep): Buffer {
    const planar = this.#buffer(planarBytes(step.source.core.stored));
    this.#outputs.set(step, planar);
    return planar;
  }

  /** The output that a value is, if it is nothing else. */
  #onlyOutput(stored: Stored): OutputStep | null {
    const [reader, ...others] = this.#readers.get(stored) ?? [];
    const isOnly = reader?.kind === 'output' && others.length === 0;
    return isOnly && isMaterialized(reader.source) ? reader : null;
  }

  #lowerCopy({ source, window, to }: CopyStep, node: GraphNode | null): void {
    const read = this.#source(source);
    this.#stages.push({ kind: 'copy', node, source: read, window, to: this.#store(to) });
  }

  #lowerConcatenate({ sources, to: wide }: ConcatenateStep, node: GraphNode | null): void {
    const read = sources.map((source) => this.#source(source));
    const to = this.#store(wide);
    let firstChannel = 0;
    for (const source of read) {
      this.#stages.push({ kind: 'insert', node, source, firstChannel, wide, to });
      firstChannel += source.planes;
    }
  }

  #lowerSums({ source, sums }: SumsStep, node: GraphNode | null): void {
    const partials = this.#buffer(0);
    this.#places.set(sums, partials);
    this.#stages.push({ kind: 'sums', node, source: this.#source(source), partials });
  }

  #lowerNorm(step: NormStep, node: GraphNode | null): void {
    const partials = this.#places.get(step.sums) as Buffer;
    const norm = this.#buffer(NORM_ROWS.count * paddedChannels(step.to.channels) * 4);
    this.#places.set(step.to, norm);
    this.#stages.push({ kind: 'norm', node, partials, step, norm });
  }

  #lowerConvolution(step: ConvolutionStep, node: GraphNode | null): void {
    const method = chooseMethod(step);
    const read =
      this.#planarSource(step.source, method.takesAnyChannels) ?? this.#source(step.source);
    const output = method.writesPlanes && step.sums === null ? this.#onlyOutput(step.to) : null;
    const planar = output === null ? null : this.#planarOutput(output);
    const result = this.#store(step.to);
    const keep = step.keep === null ? null : this.#store(step.keep);
    const partials = step.sums === null ? null : this.#buffer(0);
    if (step.sums !== null && partials !== null) this.#places.set(step.sums, partials);
    this.#stages.push({
      kind: 'convolution',
      node,
      step,
      method,
      source: read,
      result,
      planar,
      partials,
      keep,
    });
  }

  /**
   * An input that is read where it lies, with nothing pending: by a step that is the only one to read it, and turns it over
   * itself; or so that pixels of three channels need no fourth, of zeros, where the method takes any number.
   */
  #planarSource(value: LazyValue, takesAnyChannels: boolean): Source | null {
    const { stored, pending } = value.core;
    const buffer = this.#planar.get(stored);
    if (buffer === undefined || pending.length > 0) return null;
    const isOnlyReader = this.#readers.get(stored)?.length === 1;
    if (!isOnlyReader && !(takesAnyChannels && stored.channels % 4 > 0)) return null;
    const described = this.#described(value, buffer);
    const channels = takesAnyChannels ? stored.channels : described.channels;
    return { ...described, isPlanar: true, channels };
  }

  #source(value: LazyValue): Source {
    const { stored, pending } = value.core;
    const norm = pending.find((operation) => operation.kind === 'norm');
    const binary = pending.find(({ kind }) => kind === 'add' || kind === 'mul');
    return {
      ...this.#described(value, this.#pixels(stored)),
      norm: norm === undefined ? null : (this.#places.get(norm.factors) as Buffer),
      other: binary !== undefined && 'other' in binary ? this.#pixels(binary.other) : null,
    };
  }

  #described({ core, border }: LazyValue, buffer: Buffer): Source {
    const { channels: planes, height, width } = core.stored;
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
      bound: core.bound,
    };
  }

  /** Where a value is as pixels; an input is imported for the first that asks. */
  #pixels(stored: Stored): Buffer {
    const known = this.#places.get(stored);
    if (known !== undefined) return known;
    const planar = this.#planar.get(stored) as Buffer;
    const to = this.#store(stored);
    this.#imports.push({ kind: 'import', node: null, planar, to, value: stored });
    return to;
  }

  #store(value: Stored): Buffer {
    const buffer = this.#buffer(value.height * value.width * paddedChannels(value.channels) * 4);
    this.#places.set(value, buffer);
    return buffer;
  }

  #buffer(bytes: number): Buffer {
    const buffer = newBuffer(bytes);
    this.#buffers.push(buffer);
    return buffer;
  }
}

/** The steps that read each value, as their source or besides. */
function readersOf(steps: readonly FusedStep[]): Map<Stored, FusedStep[]> {
  const readers = new Map<Stored, FusedStep[]>();
  for (const step of steps) {
    const sources = 'sources' in step ? step.sources : 'source' in step ? [step.source] : [];
    const read = sources.flatMap(({ core: { stored, pending } }) => [
      stored,
      ...pending.flatMap((operation) => ('other' in operation ? [operation.other] : [])),
    ]);
    for (const value of read) readers.set(value, [...(readers.get(value) ?? []), step]);
  }
  return readers;
}

function rowOperation(operation: Pointwise, { channels }: Stored): RowOperation {
  if (operation.kind === 'activation') return operation.activation;
  if (operation.kind === 'norm' || operation.other.channels === channels) return operation.kind;
  return operation.kind === 'add' ? 'addMask' : 'mulMask';
}

function planarBytes({ channels, height, width }: Stored): number {
  return channels * height * width * 4;
}
