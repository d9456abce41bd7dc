import { type Buffer, newBuffer } from '../../shared/arena.js';
import { NO_BORDER } from '../../shared/fuse/lazyValue.js';
import { isBandable, memoryUse } from './memoryUse.js';
import { spillUntil } from './spill.js';
import { buffersOf, isUntouched, stageLifetimes } from './stageBuffers.js';
import type {
  ChainedStage,
  ConvolutionStage,
  ExportStage,
  Plan,
  RowChain,
  Stage,
} from './stages.js';
import { kernelShape } from './weights.js';

/**
 * How much a program does to need less memory. Results are the same to the bit:
 *
 * - `none`: each value has a place of its own while it lives.
 * - `overlays`: values take the place of those that are read for the last time (`overlays.ts`), row by row.
 * - `chains`: besides, large values between two layers are never whole (`rowChain.ts`). Where a norm stands between the two, the first
 *   layer runs twice: once for the sums, once for the values.
 * - `scratch`: besides, values that do not fit lie in a file (`spill.ts`).
 */
export const ECONOMIES = ['none', 'overlays', 'chains', 'scratch'] as const;
export type Economy = (typeof ECONOMIES)[number];

/** Most multiply-adds, of all, that are done twice to save memory. */
const MAX_EXTRA_WORK = 0.35;
type Convolution = Stage & ConvolutionStage;
type LayerStage = Stage & (ConvolutionStage | ExportStage);

/** A plan that needs less memory. */
export interface Economised {
  readonly plan: Plan;
  /** What values take at most, about, where that was asked for. */
  readonly bytes: number;
}

/**
 * The same plan, with less memory.
 * @param goal What its values may take, about, with `scratch`: the rest lies in the file.
 */
export function economise(plan: Plan, economy: Economy, goal: number): Economised {
  if (economy === 'none') return { plan, bytes: 0 };
  const summed = withSumsWritten(plan, economy === 'scratch');
  const chained = economy === 'overlays' ? summed : withChains(summed);
  const { plan: spilled, bytes } =
    economy === 'scratch' ? spillUntil(chained, goal) : { plan: chained, bytes: 0 };
  return {
    plan: { ...spilled, isOverlaid: true, stages: markLastReaders(spilled.stages) },
    bytes,
  };
}

/**
 * Where a convolution reads a sum of two values, and leaves it for others or is the last to read either, the sum is written out before, in
 * the place of one of them: three values live at a time then, where four would.
 * @param isEach Whether any convolution finds what it reads written out, which it then reads row by row from wherever it lies.
 */
function withSumsWritten(plan: Plan, isEach: boolean): Plan {
  const lifetimes = stageLifetimes(plan.stages);
  const added: Buffer[] = [];
  const stages = plan.stages.flatMap((stage, index): readonly Stage[] => {
    if (stage.kind !== 'convolution') return [stage];
    const { source, keep, node } = stage;
    const { buffer, other } = source;
    if (source.fold !== null || source.isPlanar) return [stage];
    if (other === null && keep === null) return [stage];
    const read = other === null ? [buffer] : [buffer, other];
    const isLast = read.every((value) => lifetimes.get(value)?.last === index);
    if (keep === null && !isLast && !isEach) return [stage];
    const to = keep ?? newBuffer(buffer.bytes);
    if (keep === null) added.push(to);
    const sum = { ...source, border: NO_BORDER };
    const written = { ...source, buffer: to, operations: [], norm: null, other: null };
    const byAge = read.sort(
      (a, b) => (lifetimes.get(a)?.first ?? 0) - (lifetimes.get(b)?.first ?? 0),
    );
    // One place for the sums of all blocks; but what is larger than the last begins before it, so that is in another.
    const inPlaceOf = stage.result.bytes > to.bytes ? byAge.reverse() : byAge;
    return [
      { kind: 'copy', node, source: sum, window: null, to, sums: null, inPlaceOf },
      { ...stage, source: written, keep: null },
    ];
  });
  return { ...plan, stages, buffers: [...plan.buffers, ...added] };
}

/** A value that one stage makes for one other. */
interface Link {
  readonly value: Buffer;
  readonly from: Convolution;
  readonly to: LayerStage;
  /** Whether the second stage needs sums of the whole value. */
  readonly needsSums: boolean;
}

/**
 * Values that take nothing but to run two layers in turn are made row by row. So is, as long as it helps, the largest of those that live
 * where most memory is in use.
 */
function withChains(plan: Plan): Plan {
  const links = linksOf(plan.stages);
  const work = plan.stages.reduce((sum, stage) => sum + multiplyAdds(stage), 0);
  const chosen: Link[] = [];
  for (const link of links) if (!link.needsSums && fits(link, chosen)) chosen.push(link);
  let extra = 0;
  let best = { stages: plan.stages, bytes: Number.POSITIVE_INFINITY };
  for (;;) {
    const stages = chainUp(plan.stages, chosen);
    const { bytes, alive } = memoryUse(stages);
    if (bytes < best.bytes) best = { stages, bytes };
    const [next] = links
      .filter((link) => alive.has(link.value) && !chosen.includes(link) && fits(link, chosen))
      .filter(
        ({ needsSums, from }) => !needsSums || extra + multiplyAdds(from) <= MAX_EXTRA_WORK * work,
      )
      .sort((a, b) => b.value.bytes - a.value.bytes);
    if (next === undefined) return { ...plan, stages: best.stages };
    chosen.push(next);
    if (next.needsSums) extra += multiplyAdds(next.from);
  }
}

/** Sums are of the first value of a chain alone: sums of a later one would need all before it to run again. */
function fits(link: Link, chosen: readonly Link[]): boolean {
  if (link.needsSums && chosen.some(({ to }) => to === link.from)) return false;
  return !chosen.some(({ from, needsSums }) => from === link.to && needsSums);
}

function linksOf(stages: readonly Stage[]): Link[] {
  const readers = new Map<Buffer, Stage[]>();
  for (const stage of stages) {
    for (const buffer of new Set(buffersOf(stage))) {
      readers.set(buffer, [...(readers.get(buffer) ?? []), stage]);
    }
  }
  return stages.flatMap((from): Link[] => {
    if (from.kind !== 'convolution' || !isBandable(from) || from.planar !== null) return [];
    const value = from.result;
    const [to, ...others] = (readers.get(value) ?? []).filter((reader) => reader !== from);
    if (to === undefined || others.length > 0 || !isChainable(to)) return [];
    if (to.source.buffer !== value || to.source.other === value) return [];
    return [{ value, from, to, needsSums: from.partials !== null }];
  });
}

function isChainable(stage: Stage): stage is LayerStage {
  return stage.kind === 'export' || (stage.kind === 'convolution' && isBandable(stage));
}

function multiplyAdds(stage: Stage): number {
  if (stage.kind !== 'convolution') return 0;
  const { outChannels, inChannels, kernelHeight, kernelWidth, groups } = kernelShape(stage.step);
  const { to, isTransposed, stride } = stage.step;
  const taps = (kernelHeight * kernelWidth * inChannels * outChannels) / groups;
  return (taps * to.height * to.width) / (isTransposed ? stride[0] * stride[1] : 1);
}

/** The stages, with those that links join as chains, each in the place of its last. */
function chainUp(stages: readonly Stage[], links: readonly Link[]): Stage[] {
  const after = new Map(links.map((link) => [link.from as Stage, link]));
  const isInner = new Set(links.map(({ to }) => to as Stage));
  const chains = new Map<Stage, Stage[]>();
  for (const { from, needsSums } of links) {
    if (isInner.has(from)) continue;
    const members: ChainedStage[] = [from];
    for (let link = after.get(from); link !== undefined; link = after.get(link.to)) {
      members.push(link.to);
    }
    const chain: RowChain = { members: members.map(banded) };
    const last = members[members.length - 1];
    const { node } = last;
    if (needsSums) chains.set(from, [{ kind: 'chainSums', node: from.node, chain }]);
    for (const member of members.slice(0, -1)) {
      if (!chains.has(member)) chains.set(member, []);
    }
    chains.set(last, [{ kind: 'chain', node, chain }]);
  }
  return stages.flatMap((stage) => chains.get(stage) ?? [stage]);
}

function banded(stage: ChainedStage): ChainedStage {
  return stage.kind === 'convolution' ? { ...stage, isBanded: true } : stage;
}

function markLastReaders(stages: readonly Stage[]): Stage[] {
  const lifetimes = stageLifetimes(stages);
  return stages.map((stage, index) => {
    if (stage.kind !== 'convolution' || !isUntouched(stage.source)) return stage;
    const isLastReader = lifetimes.get(stage.source.buffer)?.last === index;
    return isLastReader && stage.source.other === null ? { ...stage, isLastReader } : stage;
  });
}
