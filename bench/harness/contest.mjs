import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { floats } from '../rivals/serve.mjs';
import { Contestant } from './contestant.mjs';

/** The largest difference between outputs, which lie between -1 and 1, of contestants that do the same. */
const TOLERANCE = 2e-3;
/** Warm-up ends when a run takes about as long as the one before, or after so many runs or milliseconds. */
const MOST_WARM_UPS = 4;
const WARM_UP_MS = 3000;
const STABLE = 0.05;
/** Who needs so much more than a slow run the first time is slow, and not warmed up. */
const COLD_MS = 1000;
/**
 * A contestant's runs that others disturbed are repeated, so many of them in all: those during which other processes worked,
 * and in the end, if patience allows, those that took so much longer than its fastest. Those during which others shared a
 * core have that limit only (`patience.mjs`).
 */
const MOST_REPEATS = 5;
export const DISTURBED = 1.1;
/** Who takes longer than this for a run is measured less often, if nothing else is said, and repeated less the farther behind. */
const SLOW_MS = 2500;
const SLOW_RUNS = 3;
const SLOW_REPEATS = { ours: 2, native: 2, web: 1, plain: 0 };
/** Short runs are more, until so many milliseconds of a contestant are measured; one of them may be hit by anything. */
const MEASURED_MS = 700;
const MOST_RUNS = 25;
/** Threads, where there are several, look for work for some milliseconds after a run, at the cost of who comes next. */
const REST_MS = 20;

/**
 * All contestants do `task`, in turns: A B C A B C …
 *
 * @param entries Who takes part; the first that works gives the output that others are compared with. One with a `task` of its
 *   own does that.
 * @param options.runs How often each is measured.
 * @param options.processes In how many processes, one after the other: where memory lies is the luck of a process. One is enough
 *   for a slow contestant, and for an entry that says `oneProcess`.
 * @param options.patience With others who share cores; without it, nobody looks for them.
 * @param options.kept Where contestants come from and are left for the next case; without it, they are started and stopped.
 * @param options.folder For outputs.
 * @param options.slow From how many milliseconds on a few runs are enough.
 * @param options.compares Whether the task has an output.
 * @returns By entry: `{ name, details, times, busy, disturbed, memory, difference }`, or `{ error }`: which of `times` stand though others
 *   shared a core, and how many runs were repeated.
 */
export async function contest(entries, task, options) {
  const { processes = 1 } = options;
  const parts = [];
  for (let i = 0; i < processes; i++) {
    const taking = entries.filter(
      ({ id, oneProcess }) => i === 0 || !(oneProcess || parts.some((part) => part[id]?.isSlow)),
    );
    parts.push(await contestOnce(taking, task, { ...options, processes, processIndex: i }));
  }
  const ofOne = (id) => parts.map((part) => part[id]).filter((result) => result !== undefined);
  return Object.fromEntries(entries.map(({ id }) => [id, joined(ofOne(id))]));
}

/** What several processes of a contestant gave, as one; who failed once has failed. */
function joined(parts) {
  const failed = parts.find(({ error }) => error !== undefined);
  if (failed !== undefined || parts.length === 1) return failed ?? parts[0];
  const differences = parts.map(({ difference }) => difference);
  return {
    ...parts[0],
    times: parts.flatMap(({ times }) => times),
    busy: parts.flatMap(({ busy }) => busy),
    disturbed: parts.reduce((sum, { disturbed }) => sum + disturbed, 0),
    ...(differences[0] === undefined ? {} : { difference: Math.max(...differences) }),
  };
}

async function contestOnce(entries, task, options) {
  const { runs, processes, processIndex, patience, kept, folder } = options;
  const { compares = true, slow = SLOW_MS } = options;
  const results = Object.fromEntries(entries.map(({ id }) => [id, {}]));
  const active = [];
  let expected = null;
  try {
    for (const entry of entries) {
      const contestant = kept?.take(entry, processIndex) ?? new Contestant(entry);
      active.push(contestant);
      const result = results[entry.id];
      try {
        await contestant.start();
        const { details } = await contestant.ask({ do: 'prepare', task: entry.task ?? task });
        Object.assign(result, {
          name: contestant.name,
          details,
          times: [],
          busy: [],
          disturbed: 0,
        });
        result.first = (await contestant.run()).milliseconds;
        if (compares) {
          const output = await readOutput(contestant, join(folder, 'output.f32'));
          expected ??= output;
          result.difference = largestDifference(output, expected);
          if (!(result.difference <= TOLERANCE)) {
            throw new Error(`another output: off by ${result.difference}`);
          }
        }
        contestant.usual = await warmUp(contestant, result.first, slow);
        result.isSlow = contestant.usual > slow;
      } catch (error) {
        drop(contestant, error);
      }
    }
    await takeTurns(active, results, { runs, processes, patience, drop });
    // Of who has done other tasks before, the most memory says nothing.
    const fresh = kept === undefined ? active : [];
    for (const { entry, peakMemory } of fresh) results[entry.id].memory = peakMemory;
    return results;
  } finally {
    for (const contestant of active) {
      if (kept === undefined) contestant.stop();
      else await kept.giveBack(contestant, processIndex);
    }
  }

  function drop(contestant, error) {
    results[contestant.entry.id] = { error: error.message };
    contestant.stop();
    active.splice(active.indexOf(contestant), 1);
  }
}

/** @returns How long a run takes from then on. */
async function warmUp(contestant, first, slow) {
  let last = first;
  if (first > slow + COLD_MS) return last;
  const end = performance.now() + WARM_UP_MS;
  for (let run = 0; run < MOST_WARM_UPS && performance.now() < end; run++) {
    const { milliseconds } = await contestant.run();
    const isStable = Math.abs(milliseconds / last - 1) < STABLE;
    last = milliseconds;
    if (isStable || last > slow) break;
  }
  return last;
}

async function takeTurns(active, results, { runs, processes, patience, drop }) {
  for (const { entry } of active) {
    const { isSlow, first, times } = results[entry.id];
    if (isSlow && entry.firstCounts) times.push(first);
  }
  const runsOf = ({ entry, usual }) => {
    if (results[entry.id].isSlow) return entry.firstCounts ? 0 : SLOW_RUNS;
    const all = Math.max(runs, Math.min(MOST_RUNS, MEASURED_MS / usual));
    return Math.ceil(all / (entry.oneProcess ? 1 : processes));
  };
  const turns = Math.max(...active.map(runsOf));
  for (let turn = 0; turn < turns; turn++) {
    for (const contestant of [...active]) {
      if (turn < runsOf(contestant)) await runInto(contestant, turn);
    }
  }
  // Only now is known what each can do; and whoever slowed it in its turn may have gone.
  for (let repeat = 0; repeat < MOST_REPEATS; repeat++) {
    for (const contestant of [...active]) {
      const { times, isSlow, disturbed } = results[contestant.entry.id];
      const slowest = times.indexOf(Math.max(...times));
      // Where there are many, some slow ones change neither the median nor the fastest.
      const isCalm = times.length > runs || times[slowest] <= DISTURBED * Math.min(...times);
      if (
        !isCalm &&
        disturbed < mostRepeats(contestant, isSlow) &&
        (patience === undefined || patience.affords(times[slowest]))
      ) {
        results[contestant.entry.id].disturbed++;
        await runInto(contestant, slowest);
      }
    }
  }

  async function runInto(contestant, turn) {
    const result = results[contestant.entry.id];
    try {
      const { milliseconds, busy } = await undisturbedRun(contestant, result, patience);
      result.times[turn] = milliseconds;
      result.busy[turn] = busy;
    } catch (error) {
      drop(contestant, error);
    }
  }
}

function mostRepeats({ entry }, isSlow) {
  return isSlow ? SLOW_REPEATS[entry.kind] : MOST_REPEATS;
}

async function undisturbedRun(contestant, result, patience) {
  const repeats = mostRepeats(contestant, result.isSlow);
  for (;;) {
    if (contestant.entry.threads > 1) await setTimeout(REST_MS);
    const run = await (patience === undefined ? contestant.run() : patience.measure(contestant));
    if (!run.disturbed || result.disturbed >= repeats) return run;
    result.disturbed++;
  }
}

async function readOutput(contestant, file) {
  await contestant.ask({ do: 'output', file });
  return floats(file);
}

function largestDifference(a, b) {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    if (!(difference <= most)) most = difference;
  }
  return most;
}
