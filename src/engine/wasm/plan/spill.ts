import { type Buffer, newBuffer } from '../../shared/arena.js';
import type { Stored } from '../../shared/fuse/lazyValue.js';
import { otherRowBytes, rowPixels } from '../kernels/rows/rows.js';
import { rowShape } from './convolution/common.js';
import { isBandable, memoryUse, valuesWithin } from './memoryUse.js';
import { paddedChannels, type Source } from './source.js';
import { buffersOf } from './stageBuffers.js';
import type {
  ChainedStage,
  ConvolutionStage,
  CopyStage,
  ExportStage,
  ImportStage,
  Plan,
  RowChain,
  Stage,
} from './stages.js';
import { type FileRows, wholeRows } from './transfer.js';

/*
 * Values that do not fit lie in the scratch file. A stage that goes by rows gets those that it reads from there, and puts those that it
 * makes there, as members of a chain (`rowChain.ts`): few rows of them are in memory at a time. For any other stage, the whole value
 * is loaded before, or stored behind it; between its uses, it takes no memory.
 */

/** Values that take less are not worth a file. */
const MIN_SPILLED_BYTES = 2 ** 12;

/** The same plan with values in the file, and how much memory those in memory take at most, about. */
export interface Spilled {
  readonly plan: Plan;
  readonly bytes: number;
}

/**
 * Puts values into the scratch file, the largest of those that live where most memory is in use first, until the rest takes no
 * more than so many bytes, or nothing helps.
 */
export function spillUntil(plan: Plan, goal: number): Spilled {
  const values = new Set(plan.buffers.filter((value) => isSpillable(value, plan)));
  const tried = new Set<Buffer>();
  let spilled: ReadonlySet<Buffer> = new Set();
  let stages = plan.stages;
  let use = memoryUse(stages, goal);
  while (use.bytes > goal) {
    const [next] = [...use.alive]
      .filter((value) => values.has(value) && !tried.has(value))
      .sort((a, b) => b.bytes - a.bytes);
    if (next === undefined) break;
    tried.add(next);
    const more = new Set([...spilled, next]);
    const changed = new Spilling(more, plan.inputs).run(plan.stages).stages;
    const changedUse = memoryUse(changed, goal);
    if (changedUse.excess >= use.excess) continue;
    [spilled, stages, use] = [more, changed, changedUse];
  }
  if (spilled.size === 0) return { plan, bytes: use.bytes };
  const spilling = new Spilling(spilled, plan.inputs);
  const { buffers, files, stages: made } = spilling.run(plan.stages);
  const left = plan.buffers.filter((buffer) => !spilled.has(buffer));
  const placeOf = (value: Buffer) => files.get(value) ?? value;
  return {
    plan: {
      ...plan,
      stages: made,
      buffers: [...left, ...buffers],
      files: [...files.values()],
      inputs: plan.inputs.map(placeOf),
      outputs: plan.outputs.map(placeOf),
    },
    bytes: use.bytes,
  };
}

/**
 * Whether a value can lie in the file: all that read or write it by rows within a chain get at its rows there. What goes through as it is
 * is read from where it came.
 */
function isSpillable(value: Buffer, { inputs, outputs, stages }: Plan): boolean {
  const goesThrough = inputs.includes(value) && outputs.includes(value);
  if (value.bytes < MIN_SPILLED_BYTES || goesThrough) return false;
  return stages.every((stage) => {
    if (stage.kind !== 'chain' && stage.kind !== 'chainSums') return true;
    const within = new Set(valuesWithin(stage.chain));
    return stage.chain.members.every((member) => {
      if (!buffersOf(member).includes(value)) return true;
      return !within.has(value) && isStreamable(member, [value]);
    });
  });
}

/** What stages read and write of a spilled value, by the buffers that take its place. */
class Spilling {
  readonly #spilled: ReadonlySet<Buffer>;
  readonly #files = new Map<Buffer, Buffer>();
  readonly #buffers: Buffer[] = [];
  readonly #chains = new Map<RowChain, RowChain>();
  /** Those that a stage has stored, all or a part of them, or that are there before the first. */
  readonly #stored: Set<Buffer>;

  constructor(spilled: ReadonlySet<Buffer>, inputs: readonly Buffer[]) {
    this.#spilled = spilled;
    this.#stored = new Set(inputs);
  }

  /** @returns Also what is in memory of them at a time, and the place of each in the file. */
  run(stages: readonly Stage[]): {
    readonly stages: Stage[];
    readonly buffers: Buffer[];
    readonly files: ReadonlyMap<Buffer, Buffer>;
  } {
    const made = stages.flatMap((stage) => this.#take(stage));
    return { stages: made, buffers: this.#buffers, files: this.#files };
  }

  #take(stage: Stage): Stage[] {
    const touched = [...new Set(buffersOf(stage))].filter((buffer) => this.#spilled.has(buffer));
    if (touched.length === 0) return [stage];
    const { node } = stage;
    if (stage.kind === 'chain' || stage.kind === 'chainSums') {
      const chain = this.#chains.get(stage.chain) ?? this.#inFile(stage.chain.members);
      this.#chains.set(stage.chain, chain);
      return [{ ...stage, chain }];
    }
    if (isStreamable(stage, touched)) {
      return [{ kind: 'chain', node, chain: this.#inFile([stage]) }];
    }
    return this.#whole(stage, touched);
  }

  /** Members of a chain, with those that load before and those that store behind them. */
  #inFile(members: readonly ChainedStage[]): RowChain {
    const all: ChainedStage[] = [];
    for (const member of members) {
      const { node } = member;
      let taken = member;
      for (const { buffer, rows } of readsOf(member)) {
        if (!this.#spilled.has(buffer)) continue;
        const memory = this.#newBuffer(buffer.bytes);
        all.push({ kind: 'load', node, memory, file: this.#file(buffer), rows });
        taken = replaceBuffer(taken, buffer, memory);
      }
      const made = resultOf(member);
      if (made !== null && this.#spilled.has(made.buffer)) {
        const memory = this.#newBuffer(made.buffer.bytes);
        taken = replaceBuffer(taken, made.buffer, memory);
        const file = this.#file(made.buffer);
        this.#stored.add(made.buffer);
        all.push(banded(taken), { kind: 'store', node, memory, file, rows: made.rows });
      } else all.push(banded(taken));
    }
    return { members: all };
  }

  /** A stage that needs values as a whole. */
  #whole(stage: Stage, touched: readonly Buffer[]): Stage[] {
    const { node } = stage;
    const written = new Set(writtenBy(stage));
    const [before, behind]: [Stage[], Stage[]] = [[], []];
    let taken = stage;
    for (const buffer of touched) {
      const memory = this.#newBuffer(buffer.bytes);
      const place = { node, memory, file: this.#file(buffer), rows: wholeRows(buffer.bytes) };
      taken = replaceBuffer(taken, buffer, memory);
      // What writes a part leaves what others have written.
      if (this.#stored.has(buffer)) before.push({ kind: 'load', ...place });
      if (!written.has(buffer)) continue;
      behind.push({ kind: 'store', ...place });
      this.#stored.add(buffer);
    }
    return [...before, taken, ...behind];
  }

  #file(value: Buffer): Buffer {
    const known = this.#files.get(value) ?? newBuffer(value.bytes);
    this.#files.set(value, known);
    return known;
  }

  #newBuffer(bytes: number): Buffer {
    const buffer = newBuffer(bytes);
    this.#buffers.push(buffer);
    return buffer;
  }
}

/** A buffer, and how its rows lie in it. */
interface BufferRows {
  readonly buffer: Buffer;
  readonly rows: FileRows;
}

/** Whether a stage goes through those of its buffers that lie in the file row by row. */
function isStreamable(
  stage: Stage,
  touched: readonly Buffer[],
): stage is Stage & (ConvolutionStage | CopyStage | ImportStage | ExportStage) {
  switch (stage.kind) {
    case 'convolution':
      return (
        isBandable(stage) &&
        touched.every((buffer) =>
          [stage.source.buffer, stage.planar ?? stage.result].includes(buffer),
        ) &&
        stage.source.other !== stage.source.buffer
      );
    case 'import':
      return true;
    case 'copy':
      return isInPlace(stage) && touched.every((buffer) => buffer !== stage.source.norm);
    case 'export':
      return (
        stage.source.fold === null &&
        touched.every((buffer) =>
          [stage.source.buffer, stage.source.other, stage.planar].includes(buffer),
        )
      );
    default:
      return false;
  }
}

/** Whether each row of a copy depends on the rows in its place alone. */
function isInPlace({ source, window, sums }: CopyStage): boolean {
  const row = rowShape(source, [0, 0], false);
  const { top, bottom } = source.border;
  const isAsHigh = top === 0 && bottom === 0 && rowPixels(row) === row.width;
  return isAsHigh && window === null && sums === null && source.fold === null && !source.isPlanar;
}

/** What a stage that goes by rows reads. */
function readsOf(stage: ChainedStage): BufferRows[] {
  if (stage.kind === 'load' || stage.kind === 'store') return [];
  if (stage.kind === 'import') {
    return [{ buffer: stage.planar, rows: planarRows(stage.value) }];
  }
  const { source } = stage;
  const reads = [{ buffer: source.buffer, rows: sourceRows(source) }];
  if (stage.kind === 'convolution' || source.other === null) return reads;
  const rowBytes = otherRowBytes(rowShape(source, [0, 0], false));
  return [...reads, { buffer: source.other, rows: { height: source.height, rowBytes, planes: 1 } }];
}

function sourceRows({ isPlanar, planes, height, width, channels }: Source): FileRows {
  return isPlanar
    ? { height, rowBytes: width * 4, planes }
    : { height, rowBytes: width * channels * 4, planes: 1 };
}

function planarRows({ height, width, channels }: Stored): FileRows {
  return { height, rowBytes: width * 4, planes: channels };
}

/** What it makes. */
function resultOf(stage: ChainedStage): BufferRows | null {
  if (stage.kind === 'copy') {
    const { to, source } = stage;
    return { buffer: to, rows: sourceRows(source) };
  }
  if (stage.kind === 'export') {
    const { height, width, planes } = stage.source;
    return { buffer: stage.planar, rows: { height, rowBytes: width * 4, planes } };
  }
  if (stage.kind !== 'convolution' && stage.kind !== 'import') return null;
  if (stage.kind === 'convolution' && stage.planar !== null) {
    return { buffer: stage.planar, rows: planarRows(stage.step.to) };
  }
  const [value, buffer] =
    stage.kind === 'import' ? [stage.value, stage.to] : [stage.step.to, stage.result];
  const { height, width, channels } = value;
  const rowBytes = width * paddedChannels(channels) * 4;
  return { buffer, rows: { height, rowBytes, planes: 1 } };
}

function writtenBy(stage: Stage): Buffer[] {
  const places = [
    'to' in stage ? stage.to : null,
    'result' in stage ? stage.result : null,
    'keep' in stage ? stage.keep : null,
    'planar' in stage && stage.kind !== 'import' ? stage.planar : null,
    'partials' in stage && stage.kind !== 'joinSums' ? stage.partials : null,
    'factors' in stage ? stage.factors : null,
    'norm' in stage ? stage.norm : null,
  ];
  const sums = stage.kind === 'copy' && stage.sums !== null ? [stage.sums.partials] : [];
  return [...places.filter((place) => place !== null), ...sums];
}

/** A stage with another buffer in the place of one. */
function replaceBuffer<T extends object>(stage: T, from: Buffer, to: Buffer): T {
  const replaced = (value: unknown): unknown => {
    if (value === from) return to;
    if (Array.isArray(value)) return value.map(replaced);
    return value;
  };
  const within = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return replaced(value);
    if (value === from) return to;
    if ('address' in value) return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, replaced(part)]));
  };
  const entries = Object.entries(stage).map(([key, value]) =>
    key === 'node' || key === 'step' || key === 'method' ? [key, value] : [key, within(value)],
  );
  return Object.fromEntries(entries) as T;
}

function banded(stage: ChainedStage): ChainedStage {
  return stage.kind === 'convolution' ? { ...stage, isBanded: true } : stage;
}
