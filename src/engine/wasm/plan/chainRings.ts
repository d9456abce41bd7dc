import type { Buffer } from '../../shared/arena.js';
import { sourceRowBytes } from '../kernels/rows/rows.js';
import { rowShape } from './convolution/common.js';
import { madeBy, readBy } from './memoryUse.js';
import type { ChainSchedule } from './rowChain.js';
import { type Rows, type RowUnit, rowsInside } from './rowUnits.js';
import { paddedChannels } from './source.js';
import type { ChainedStage } from './stages.js';

/** Units of a stage of a chain that each thread has in a turn: one that was held up does fewer. */
const UNITS_PER_TURN = 2;

/** What a member of a chain reads or makes row by row: its place in a ring of rows, if it lies in one. */
interface RingUse {
  readonly ring: number | null;
  readonly rowBytes: number;
}

/** Bytes of a row of what a member of a chain makes, of one plane. */
export function resultRowBytes(member: ChainedStage): number {
  switch (member.kind) {
    case 'convolution': {
      const { width, channels } = member.step.to;
      return member.planar === null ? width * paddedChannels(channels) * 4 : width * 4;
    }
    case 'import':
      return member.value.width * paddedChannels(member.value.channels) * 4;
    case 'copy':
      return sourceRowBytes(rowShape(member.source, [0, 0], false));
    case 'export':
      return member.source.width * 4;
    default:
      return member.rows.rowBytes;
  }
}

/** How many planes it makes, of each of which a ring has a row; one where rows are pixels. */
export function resultPlanes(member: ChainedStage): number {
  switch (member.kind) {
    case 'convolution':
      return member.planar === null ? 1 : member.step.to.channels;
    case 'export':
      return member.source.planes;
    case 'load':
    case 'store':
      return member.rows.planes;
    default:
      return 1;
  }
}

/** What a member reads of those before it. */
export function sourcesWithin(
  members: readonly ChainedStage[],
  index: number,
): { readonly from: number; readonly value: Buffer }[] {
  return readBy(members[index]).flatMap((value) => {
    const from = members.findIndex((member, i) => i < index && madeBy(member).includes(value));
    return from < 0 ? [] : [{ from, value }];
  });
}

/** The rows of a value that a member reads as rows of its source with its border. */
export function rowsOfSource(member: ChainedStage, value: Buffer, reads: Rows): Rows {
  if (member.kind === 'load' || member.kind === 'store' || member.kind === 'import') return reads;
  return member.source.buffer === value ? rowsInside(member.source, reads) : reads;
}

/** How many units of a member run together. Those of one work item do, one for each thread; what is copied goes on at once. */
export function turnsOf(member: ChainedStage, units: readonly RowUnit[], threads: number) {
  const isOneItem = units.every(({ steps }) => steps.length === 1 && steps[0].items === 1);
  const least = member.kind === 'convolution' && isOneItem ? threads : 1;
  const isCopied = member.kind === 'copy' || member.kind === 'store';
  return { least, most: isCopied ? Number.POSITIVE_INFINITY : UNITS_PER_TURN * threads };
}

/** Where rows of a member's result and sources lie; its kernel finds those of a convolution's or an export's source by itself. */
export function ringsOf(
  members: readonly ChainedStage[],
  index: number,
  rings: ChainSchedule['rings'],
): Readonly<Record<'result' | 'source' | 'other', RingUse>> {
  const none = { ring: null, rowBytes: 0 };
  const member = members[index];
  const uses = sourcesWithin(members, index).map(({ from, value }) => {
    return { value, use: { ring: rings[from], rowBytes: resultRowBytes(members[from]) } };
  });
  const useOf = (value: Buffer | null) => uses.find((one) => one.value === value)?.use ?? none;
  const result = { ring: rings[index], rowBytes: resultRowBytes(member) };
  if (member.kind === 'load') return { result, source: none, other: none };
  if (member.kind === 'store') return { result: none, source: useOf(member.memory), other: none };
  if (member.kind === 'import') return { result, source: useOf(member.planar), other: none };
  const { buffer, other } = member.source;
  const source = member.kind === 'copy' ? useOf(buffer) : none;
  return { result, source, other: useOf(other) };
}
