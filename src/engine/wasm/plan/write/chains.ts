import { DraftModule, type ModuleWriter } from '../../../../emit/module.js';
import type { Buffer } from '../../../shared/arena.js';
import {
  resultPlanes,
  resultRowBytes,
  ringsOf,
  rowsOfSource,
  sourcesWithin,
  turnsOf,
} from '../chainRings.js';
import { planConvolution } from '../convolution/index.js';
import { madeBy } from '../memoryUse.js';
import type { PlannedChain, PlannedMember } from '../plannedMember.js';
import { type ChainSchedule, evenRows, scheduleChain, type Turn } from '../rowChain.js';
import { inLaps, joinUnits, type RowUnit } from '../rowUnits.js';
import type { ChainedStage, ChainStage, ChainSumsStage, RowChain } from '../stages.js';
import type { NodeOf, StageWriter } from '../stageWriter.js';
import { planConvolutionMember } from './convolutions.js';
import { overlayCopy, planCopy, planExport, planImport } from './copies.js';
import { planTransfer, writeTransferOfRows } from './transfers.js';

/** Stages of a chain as they are planned, and the turns in which they run. */
function planChain(writer: StageWriter, chain: RowChain): PlannedChain {
  const known = writer.chains.get(chain);
  if (known !== undefined) return known;
  const { members } = chain;
  // Rings are not known before units are, and those do not depend on them.
  const drafts = members.map((member) => planUnits(writer, member));
  const linked = members.map((member, i) => ({
    units: drafts[i],
    sources: sourcesWithin(members, i).map(({ from, value }) => ({
      member: from,
      needs: drafts[i].map(({ reads }) => rowsOfSource(member, value, reads)),
    })),
    ...turnsOf(member, drafts[i], writer.machine.threads),
  }));
  const schedule = scheduleChain(linked);
  const forSums = scheduleChain(linked.slice(0, membersForSums(chain)));
  const rings = schedule.rings.map((ring, i) => {
    const alone = forSums.rings[i] ?? null;
    return ring === null || alone === null ? ring : Math.max(ring, alone);
  });
  const planned = {
    members: members.map((_, i) => planMember(writer, chain, i, rings)),
    rings,
    turns: schedule.turns,
    turnsForSums: forSums.turns,
  };
  writer.chains.set(chain, planned);
  return planned;
}

/** A member whose result, and what it reads of others, lie in rings. */
function planMember(
  writer: StageWriter,
  { members }: RowChain,
  i: number,
  rings: ChainSchedule['rings'],
): PlannedMember {
  const member = members[i];
  const ring = rings[i];
  if (ring !== null) {
    const bytes = ring * resultRowBytes(member) * resultPlanes(member);
    for (const made of madeBy(member)) made.bytes = bytes;
  }
  const ringOf = (read: Buffer) => {
    const from = sourcesWithin(members, i).find(({ value }) => value === read)?.from;
    return from === undefined ? undefined : (rings[from] ?? undefined);
  };
  switch (member.kind) {
    case 'load':
    case 'store':
      return planTransfer(writer, member);
    case 'copy':
      return planCopy(writer, member);
    case 'import':
      return planImport(writer, { ...member, planeRows: ringOf(member.planar) });
    default: {
      const source = { ...member.source, ring: ringOf(member.source.buffer) };
      const stage = { ...member, source, planeRows: ring ?? undefined };
      return stage.kind === 'export'
        ? planExport(writer, stage)
        : planConvolutionMember(writer, stage);
    }
  }
}

function planUnits(writer: StageWriter, member: ChainedStage): readonly RowUnit[] {
  // Its functions are of no use.
  const draft = new DraftModule(writer.module.imports);
  const { units } = planDraft(writer, member, draft);
  if (units === null || evenRows(units) === null) {
    throw new Error('a stage of a chain makes rows in their order');
  }
  return units;
}

function planDraft(
  writer: StageWriter,
  member: ChainedStage,
  draft: ModuleWriter,
): Pick<PlannedMember, 'units'> {
  switch (member.kind) {
    case 'load':
    case 'store':
      return planTransfer(writer, member, draft);
    case 'copy':
      return planCopy(writer, member, draft);
    case 'import':
      return planImport(writer, member, draft);
    case 'export':
      return planExport(writer, member, draft);
    default:
      return planConvolution(member, draft, writer.target, writer.machine);
  }
}

/** The members up to the first layer by themselves, for its sums: what it makes is overwritten. */
export function writeChainSums(writer: StageWriter, stage: ChainSumsStage & NodeOf): void {
  const planned = planChain(writer, stage.chain);
  for (const turn of planned.turnsForSums) addTurn(writer, stage, turn, planned);
}

export function writeChain(writer: StageWriter, stage: ChainStage & NodeOf): void {
  const planned = planChain(writer, stage.chain);
  const firstStep = writer.steps.length;
  for (const turn of planned.turns) addTurn(writer, stage, turn, planned);
  const { members } = stage.chain;
  for (const [i, member] of members.entries()) {
    if (member.kind !== 'copy' || planned.rings[i] !== null) continue;
    const ofOthers = sourcesWithin(members, i).map(({ value }) => value);
    overlayCopy(writer, member, { firstStep, lastStep: writer.steps.length - 1 }, ofOthers);
  }
}

/** Units of a stage of a chain: in steps of their own, where rows begin anew in a ring. */
function addTurn(
  writer: StageWriter,
  { node, chain }: (ChainStage | ChainSumsStage) & NodeOf,
  turn: Turn,
  planned: PlannedChain,
): void {
  const { units, argsOf } = planned.members[turn.member];
  const { result, source, other } = ringsOf(chain.members, turn.member, planned.rings);
  const member = chain.members[turn.member];
  const uses = [result, source, other];
  const running = (units ?? []).slice(turn.from, turn.to);
  const all = inLaps(
    running,
    uses.map(({ ring }) => ring),
  );
  for (const { laps, units: together } of all) {
    const [ofResult, ofSource, ofOther] = uses.map(
      ({ ring, rowBytes }, i) => -laps[i] * (ring ?? 0) * rowBytes,
    );
    if (member.kind === 'load' || member.kind === 'store') {
      const isLoad = member.kind === 'load';
      const here = { from: together[0].writes.from, to: together[together.length - 1].writes.to };
      const { ring } = isLoad ? result : source;
      writeTransferOfRows(writer, member, here, {
        ring: ring as number,
        shift: isLoad ? ofResult : ofSource,
      });
      continue;
    }
    const shifts = { result: ofResult, source: ofSource, other: ofOther };
    for (const step of joinUnits(together)) writer.addStep({ node }, step, argsOf(step, shifts));
  }
}

/** How many members of a chain leave the sums that `chainSums` is there for: up to the first that does. */
function membersForSums({ members }: RowChain): number {
  return members.findIndex(({ kind }) => kind === 'convolution') + 1;
}
