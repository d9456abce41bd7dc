import type { GraphNode } from '../../../graph/graph.js';
import { type Buffer, newBuffer } from '../../shared/arena.js';
import { type FlatValue, isFlatValue } from '../../shared/fuse/flatValue.js';
import {
  isMaterialized,
  type LazyValue,
  NO_BORDER,
  type NormFactors,
  type Stored,
  sizeWithBorder,
} from '../../shared/fuse/lazyValue.js';
import type {
  ConcatenateStep,
  ConvolutionStep,
  CopyStep,
  DivideStep,
  FusedGraph,
  FusedStep,
  GradientSums,
  GradientSumsStep,
  JoinSumsStep,
  MergeStep,
  NormGradientStep,
  NormStep,
  OutputStep,
  ReshapeStep,
  ScaleStep,
  SumStep,
  Sums,
  SumsStep,
  UnflattenStep,
  WeightGradientStep,
} from '../../shared/fuse/steps.js';
import { NORM_GRADIENT_ROWS, NORM_ROWS } from '../kernels/rows/operations.js';
import { planCommit } from './commit.js';
import { chooseMethod } from './methods.js';
import { normsOf, othersOf, rowOperation } from './pending.js';
import { readersOf } from './readers.js';
import { paddedChannels, type Source } from './source.js';
import type { GradientSumsBuffers, Plan, Stage } from './stages.js';
import { chooseWeightGradient } from './weightGradient/method.js';

export interface LoweringOptions {
  /**
   * Whether a convolution may read two values whose channels are one behind the other where they lie. What goes through large values row
   * by row reads one. Default: true.
   */
  readonly readsApart?: boolean;
}

/** Chooses methods for the steps of a fused graph, and gives each value a buffer. */
export function lower(fused: FusedGraph, { readsApart = true }: LoweringOptions = {}): Plan {
  return new Lowering(fused.steps, readsApart).run(fused);
}

class Lowering {
  readonly #stages: Stage[] = [];
  readonly #buffers: Buffer[] = [];
  /** Of values as pixels, of norms' factors, and of sums. */
  readonly #places = new Map<Stored | NormFactors | Sums | FlatValue, Buffer>();
  readonly #flatWeights = new Map<number, Buffer>();
  readonly #inputs: Buffer[] = [];
  /** Inputs that are pictures as they come in; imports are made once a stage reads one as pixels. */
  readonly #planar = new Map<Stored, Buffer>();
  readonly #imports: Stage[] = [];
  readonly #outputs = new Map<OutputStep, Buffer>();
  readonly #readers: ReadonlyMap<Stored, readonly FusedStep[]>;
  /** Values that are read where their parts lie, and never put together. */
  readonly #parts = new Map<Stored, readonly [Source, Source]>();

  readonly #readsApart: boolean;

  constructor(steps: readonly FusedStep[], readsApart: boolean) {
    this.#readsApart = readsApart;
    this.#readers = readersOf(steps);
  }

  run({ steps, constantNorms }: FusedGraph): Plan {
    const constants = constantNorms.map((norm) => {
      const channels = paddedChannels(norm.to.channels);
      const buffer = newBuffer(NORM_ROWS.count * channels * 4);
      this.#places.set(norm.to, buffer);
      return { buffer, channels, norm };
    });
    const commit = planCommit(steps);
    for (const [value, weight] of commit.inPlace) this.#places.set(value, this.#flat(weight));
    for (const step of steps) if (!commit.steps.has(step)) this.#lower(step);
    for (const step of commit.kept) this.#lower(step);
    const stages = [...this.#imports, ...this.#stages.splice(0)];
    for (const step of [...commit.steps, ...commit.copies]) this.#lower(step);
    return {
      stages,
      commit: this.#stages,
      buffers: this.#buffers,
      constantNorms: constants,
      flatWeights: this.#flatWeights,
      inputs: this.#inputs,
      outputs: steps.flatMap((step) =>
        step.kind === 'output' ? [this.#outputs.get(step) as Buffer] : [],
      ),
    };
  }

  #lower(step: FusedStep): void {
    switch (step.kind) {
      case 'input': {
        const planar = this.#buffer(planarBytes(step.to));
        this.#planar.set(step.to, planar);
        this.#inputs.push(planar);
        return;
      }
      case 'flatInput':
        this.#inputs.push(this.#flat(step.to));
        return;
      case 'flat': {
        const operands = step.operands.map((operand) => this.#flat(operand));
        this.#stages.push({
          kind: 'flat',
          node: step.node,
          step,
          operands,
          to: this.#flat(step.to),
        });
        return;
      }
      case 'assign':
        // How, `planCommit` says.
        this.#flat(step.weight);
        return;
      case 'sum':
        this.#lowerSum(step, step.node);
        return;
      case 'flatSum': {
        const [from, partials, to] = [
          this.#flat(step.source),
          this.#buffer(0),
          this.#flat(step.to),
        ];
        const { size } = step.source;
        this.#stages.push({ kind: 'flatSum', node: step.node, from, size, partials, to });
        return;
      }
      case 'flatten': {
        const [source, planar] = [this.#source(step.source), this.#flat(step.to)];
        this.#stages.push({ kind: 'export', node: step.node, source, planar });
        return;
      }
      case 'unflatten':
        this.#lowerUnflatten(step, step.node);
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
      case 'narrow':
      case 'softmax':
      case 'pixelShuffle':
      case 'pixelUnshuffle':
      case 'prelu':
      case 'dropout':
      case 'channelSum':
      case 'adaptivePool': {
        const [source, to] = [this.#source(step.source), this.#store(step.to)];
        const seed = step.kind === 'dropout' ? this.#flat(step.seed) : null;
        this.#stages.push({ kind: 'rows', node: step.node, step, source, to, seed });
        return;
      }
      case 'reshape':
        this.#lowerReshape(step, step.node);
        return;
      case 'linear': {
        const [source, to] = [this.#source(step.source), this.#store(step.to)];
        this.#stages.push({ kind: 'linear', node: step.node, step, source, to });
        return;
      }
      case 'divide':
        this.#lowerDivide(step, step.node);
        return;
      case 'upsample': {
        const [source, to] = [this.#source(step.source), this.#store(step.to)];
        this.#stages.push({ kind: 'upsample', node: step.node, step, source, to });
        return;
      }
      case 'gather': {
        const [source, to] = [this.#source(step.source), this.#store(step.to)];
        this.#stages.push({ kind: 'gather', node: step.node, step, source, to });
        return;
      }
      case 'maxima': {
        const [source, gradient] = [this.#source(step.source), this.#pixels(step.gradient)];
        const to = this.#store(step.to);
        this.#stages.push({ kind: 'maxima', node: step.node, step, source, gradient, to });
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
      case 'joinSums':
        this.#lowerJoinSums(step, step.node);
        return;
      case 'norm':
        this.#lowerNorm(step, step.node);
        return;
      case 'scale':
        this.#lowerScale(step, step.node);
        return;
      case 'gradientSums':
        this.#lowerGradientSums(step, step.node);
        return;
      case 'normGradient':
        this.#lowerNormGradient(step, step.node);
        return;
      case 'variance': {
        const [partials, to] = [this.#places.get(step.sums) as Buffer, this.#store(step.to)];
        this.#stages.push({ kind: 'variance', node: step.node, step, partials, to });
        return;
      }
      case 'merge':
        this.#lowerMerge(step, step.node);
        return;
      case 'convolution':
        this.#lowerConvolution(step, step.node);
        return;
      case 'weightGradient':
        this.#lowerWeightGradient(step, step.node);
    }
  }

  #lowerOutput(step: OutputStep, node: GraphNode | null): void {
    // The convolution that made it may have written it already.
    if (this.#outputs.has(step)) return;
    const { source } = step;
    if (isFlatValue(source)) {
      this.#outputs.set(step, this.#flat(source));
      return;
    }
    const planar = this.#planarOutput(step, source.core.stored);
    this.#stages.push({ kind: 'export', node, source: this.#source(source), planar });
  }

  #planarOutput(step: OutputStep, stored: Stored): Buffer {
    const planar = this.#buffer(planarBytes(stored));
    this.#outputs.set(step, planar);
    return planar;
  }

  /** The output that a value is, if it is nothing else. */
  #onlyOutput(stored: Stored): OutputStep | null {
    const [reader, ...others] = this.#readers.get(stored) ?? [];
    if (reader?.kind !== 'output' || others.length > 0 || isFlatValue(reader.source)) return null;
    return isMaterialized(reader.source) ? reader : null;
  }

  #lowerCopy({ source, window, to, gradientSums }: CopyStep, node: GraphNode | null): void {
    const read = this.#source(source);
    const sums = gradientSums === null ? null : this.#gradientSums(gradientSums);
    this.#stages.push({ kind: 'copy', node, source: read, window, to: this.#store(to), sums });
  }

  #lowerGradientSums(step: GradientSumsStep, node: GraphNode | null): void {
    const source = this.#source(step.source);
    this.#stages.push({ kind: 'gradientSums', node, source, ...this.#gradientSums(step) });
  }

  #gradientSums({ of, norm, sums }: GradientSums): GradientSumsBuffers {
    const partials = this.#buffer(0);
    this.#places.set(sums, partials);
    return { of: this.#pixels(of), norm: this.#places.get(norm) as Buffer, partials };
  }

  #lowerNormGradient(step: NormGradientStep, node: GraphNode | null): void {
    const [partials, norm] = [step.sums, step.norm].map((of) => this.#places.get(of) as Buffer);
    const factors = this.#factors(step.to, NORM_GRADIENT_ROWS.count);
    this.#stages.push({ kind: 'normGradient', node, step, partials, norm, factors });
  }

  #lowerConcatenate({ sources, to: wide }: ConcatenateStep, node: GraphNode | null): void {
    const read = sources.map((source) => this.#source(source));
    const [first, second, ...others] = read;
    const areApart = others.length === 0 && [first, second].every(isPart);
    if (areApart && this.#isReadApart(wide)) {
      this.#parts.set(wide, [first, second]);
      return;
    }
    const to = this.#store(wide);
    let firstChannel = 0;
    for (const source of read) {
      this.#stages.push({ kind: 'insert', node, source, firstChannel, wide, to });
      firstChannel += source.planes;
    }
  }

  /** Whether all that reads a value is a convolution, which makes its rows ready part by part. */
  #isReadApart(wide: Stored): boolean {
    if (!this.#readsApart) return false;
    const [reader, ...others] = this.#readers.get(wide) ?? [];
    if (reader?.kind !== 'convolution' || others.length > 0 || reader.keep !== null) return false;
    const { stored, fold, pending } = reader.source.core;
    const isPointwise = pending.every(({ kind }) => kind === 'activation');
    return stored === wide && fold === undefined && isPointwise;
  }

  /** A value as its parts, each with what is pending on all of it. */
  #sourceOfParts(value: LazyValue): Source | null {
    const parts = this.#parts.get(value.core.stored);
    if (parts === undefined) return null;
    const [first, second] = parts.map((part) => {
      const { operations } = this.#described(value, part.buffer);
      return { ...part, operations: [...part.operations, ...operations] };
    });
    const { buffer, norm, other } = first;
    const whole = { ...this.#described(value, buffer), operations: [], norm, other };
    return { ...whole, parts: [first, second] };
  }

  #lowerSum({ source: value, isTotal, to: sum }: SumStep, node: GraphNode | null): void {
    const [source, partials] = [this.#source(value), this.#buffer(0)];
    const to = isFlatValue(sum) ? this.#flat(sum) : this.#store(sum);
    this.#stages.push({ kind: 'sum', node, source, isTotal, partials, to });
  }

  #lowerUnflatten({ source, role, to: value }: UnflattenStep, node: GraphNode | null): void {
    const [from, to] = [this.#flat(source), this.#store(value)];
    const fill = { kind: 'fill', node, from, isOne: role === 'one', value, to } as const;
    const isFill = role !== 'elements';
    this.#stages.push(isFill ? fill : { kind: 'import', node, planar: from, to, value });
  }

  /** Planes are in the order of elements. */
  #lowerReshape({ source, to: value }: ReshapeStep, node: GraphNode | null): void {
    const planar = this.#buffer(planarBytes(value));
    this.#stages.push({ kind: 'export', node, source: this.#source(source), planar });
    this.#stages.push({ kind: 'import', node, planar, to: this.#store(value), value });
  }

  #lowerSums({ source, sums }: SumsStep, node: GraphNode | null): void {
    const partials = this.#buffer(0);
    this.#places.set(sums, partials);
    this.#stages.push({ kind: 'sums', node, source: this.#source(source), partials });
  }

  #lowerJoinSums({ parts, sums }: JoinSumsStep, node: GraphNode | null): void {
    const to = this.#buffer(0);
    this.#places.set(sums, to);
    const partials = parts.map((part) => this.#places.get(part) as Buffer);
    this.#stages.push({ kind: 'joinSums', node, channels: sums.channels, partials, to });
  }

  #lowerNorm(step: NormStep, node: GraphNode | null): void {
    const partials = this.#places.get(step.sums) as Buffer;
    const norm = this.#factors(step.to);
    this.#stages.push({ kind: 'norm', node, partials, step, norm });
  }

  #lowerMerge(step: MergeStep, node: GraphNode | null): void {
    const [a, b] = [step.a, step.b].map((factors) => this.#places.get(factors) as Buffer);
    this.#stages.push({ kind: 'merge', node, step, a, b, norm: this.#factors(step.to) });
  }

  #lowerDivide(step: DivideStep, node: GraphNode | null): void {
    const other = this.#pixels(step.divisor);
    const source = { ...this.#source(step.source), other };
    const to = this.#store(step.to);
    this.#stages.push({ kind: 'rows', node, step, source, to, seed: null });
  }

  #lowerScale(step: ScaleStep, node: GraphNode | null): void {
    const factors = step.from === null ? null : (this.#places.get(step.from) as Buffer);
    const by = isFlatValue(step.by) ? this.#flat(step.by) : this.#pixels(step.by);
    const norm = this.#factors(step.to);
    this.#stages.push({ kind: 'scale', node, step, factors, by, norm });
  }

  #lowerConvolution(step: ConvolutionStep, node: GraphNode | null): void {
    const method = chooseMethod(step);
    const read =
      this.#sourceOfParts(step.source) ??
      this.#planarSource(step.source, method.takesAnyChannels) ??
      this.#source(step.source);
    const output = method.writesPlanes && step.sums === null ? this.#onlyOutput(step.to) : null;
    const planar = output === null ? null : this.#planarOutput(output, step.to);
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

  #lowerWeightGradient(step: WeightGradientStep, node: GraphNode | null): void {
    const method = chooseWeightGradient(step);
    const read = [step.source, step.gradient].map((value) => this.#source(value));
    const [source, gradient] =
      method === 'gemm' ? read.map((value) => this.#asItIs(value, node)) : read;
    const to = this.#flat(step.to);
    this.#stages.push({ kind: 'weightGradient', node, step, method, source, gradient, to });
  }

  /** A value on which nothing is pending: where it lies, or written out for the next stage alone. */
  #asItIs(source: Source, node: GraphNode | null): Source {
    const { border, operations, channels } = source;
    const width = border.left + source.width + border.right;
    const height = border.top + source.height + border.bottom;
    const isFinished = operations.length === 0;
    if (isFinished && width === source.width && height === source.height) return source;
    const to = this.#buffer(height * width * channels * 4);
    this.#stages.push({ kind: 'copy', node, source, window: null, to, sums: null });
    const nothing = { operations: [], norm: null, other: null, border: NO_BORDER };
    return { ...source, ...nothing, buffer: to, width, height };
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
    const [norm] = normsOf(pending);
    const [other] = othersOf(pending);
    return {
      ...this.#described(value, this.#pixels(stored)),
      norm: norm === undefined ? null : (this.#places.get(norm) as Buffer),
      other: other === undefined ? null : this.#pixels(other),
    };
  }

  #described({ core, border }: LazyValue, buffer: Buffer): Source {
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
  #pixels(stored: Stored): Buffer {
    const known = this.#places.get(stored);
    if (known !== undefined) return known;
    const planar = this.#planar.get(stored) as Buffer;
    const to = this.#store(stored);
    this.#imports.push({ kind: 'import', node: null, planar, to, value: stored });
    return to;
  }

  /** Where a flat value is, or goes. */
  #flat(value: FlatValue): Buffer {
    const { size, weight } = value;
    const known = weight === null ? this.#places.get(value) : this.#flatWeights.get(weight);
    if (known !== undefined) return known;
    // Whole vectors.
    const bytes = paddedChannels(size) * 4;
    if (weight !== null) {
      const buffer = newBuffer(bytes);
      this.#flatWeights.set(weight, buffer);
      return buffer;
    }
    const buffer = this.#buffer(bytes);
    this.#places.set(value, buffer);
    return buffer;
  }

  #store(value: Stored): Buffer {
    const buffer = this.#buffer(value.height * value.width * paddedChannels(value.channels) * 4);
    this.#places.set(value, buffer);
    return buffer;
  }

  #factors(norm: NormFactors, rows = NORM_ROWS.count): Buffer {
    const buffer = this.#buffer(rows * paddedChannels(norm.channels) * 4);
    this.#places.set(norm, buffer);
    return buffer;
  }

  #buffer(bytes: number): Buffer {
    const buffer = newBuffer(bytes);
    this.#buffers.push(buffer);
    return buffer;
  }
}

/** Whether a value can be part of another's pixels: whole vectors of channels, without a border. */
function isPart({ planes, border, fold }: Source): boolean {
  const { left, right, top, bottom } = border;
  return planes % 4 === 0 && left + right + top + bottom === 0 && fold === null;
}

function planarBytes({ channels, height, width }: Stored): number {
  return channels * height * width * 4;
}
