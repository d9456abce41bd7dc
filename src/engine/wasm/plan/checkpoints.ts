import type { Buffer } from '../../shared/arena.js';

/** A place between two stages where a run can go on, once what lies in memory there is kept, too. */
export interface Checkpoint {
  /** The first step that is yet to run. */
  readonly step: number;
  /** Values in memory that later steps read, but for inputs: those are given anew. */
  readonly memory: readonly Buffer[];
}

/** What keeps a run at each checkpoint may take so much of what goes to the scratch file and comes from there anyway. */
const MAX_EXTRA_TRAFFIC = 0.05;
/** Runs that move less are done again as fast. */
const MIN_TRAFFIC = 2 ** 27;

/** What there is to choose from. */
export interface Places {
  /** How many steps there are behind each stage. */
  readonly ends: readonly number[];
  /** Bytes that steps move to the file, or from there. */
  trafficOf(step: number): number;
  /** Values in memory, but for inputs. */
  readonly memory: readonly Buffer[];
  /** Values in the file. */
  readonly files: readonly Buffer[];
}

/**
 * Chooses checkpoints, and keeps what the file holds at each of them until the next: no value takes its place before.
 * @param isEach Whether each end of a stage is one, for tests.
 */
export function placeCheckpoints(
  { ends, trafficOf, memory, files }: Places,
  isEach: boolean,
): readonly Checkpoint[] {
  const checkpoints: Checkpoint[] = [];
  let [moved, from] = [0, 0];
  for (const step of ends.slice(0, -1)) {
    for (; from < step; from++) moved += trafficOf(from);
    const alive = memory.filter((buffer) => livesAt(buffer, step));
    const bytes = alive.reduce((sum, buffer) => sum + buffer.bytes, 0);
    const isWorth = moved >= MIN_TRAFFIC && bytes <= MAX_EXTRA_TRAFFIC * moved;
    if (step === 0 || step === checkpoints.at(-1)?.step || !(isEach || isWorth)) continue;
    checkpoints.push({ step, memory: alive });
    moved = 0;
  }
  const end = ends.at(-1) ?? 0;
  const kept = files.map((file) => {
    const last = checkpoints.findLastIndex(({ step }) => livesAt(file, step));
    return last < 0 ? 0 : (checkpoints[last + 1]?.step ?? end) - 1;
  });
  for (const [i, file] of files.entries()) file.last = Math.max(file.last, kept[i]);
  return checkpoints;
}

/** Whether a value is there before a step, and read by it or later. */
function livesAt({ first, last }: Buffer, step: number): boolean {
  return first < step && last >= step;
}
