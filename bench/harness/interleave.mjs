import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { floats } from '../runtimes/serve.mjs';
import { Runner } from './runner.mjs';

/** The largest difference between outputs, which lie between -1 and 1, of runners that do the same. */
const TOLERANCE = 2e-3;
/** Warm-up ends when a run takes about as long as the one before, or after so many runs or milliseconds. */
const MAX_WARM_UPS = 4;
const WARM_UP_MS = 3000;
const STABLE = 0.05;
/** A runner that needs so much more than a slow run the first time is slow, and not warmed up. */
const COLD_MS = 1000;
/**
 * A runner's runs that others disturbed are repeated, so many of them in all: those during which other processes worked,
 * and in the end, if the limit allows, those that took so much longer than its fastest. Those during which others shared a
 * core have that limit only (`noise.mjs`).
 */
const MAX_REPEATS = 5;
export const DISTURBED = 1.1;
/** A runner that takes longer than this for a run is measured less often, if nothing else is said, and repeated less the farther behind. */
const SLOW_MS = 2500;
const SLOW_RUNS = 3;
const SLOW_REPEATS = { ours: 2, native: 2, web: 1, plain: 0 };
/** Short runs are more, until so many milliseconds of a runner are measured; one of them may be hit by anything. */
const MEASURED_MS = 700;
const MAX_RUNS = 25;
/** Threads, where there are several, look for work for some milliseconds after a run, at the cost of the next runner. */
const REST_MS = 20;

/**
 * All runners do `task`, interleaved: A B C A B C …
 *
 * @param entries The runners; the first that works gives the output that others are compared with. One with a `task` of its
 *   own does that.
 * @param options.runs How often each is measured.
 * @param options.processes In how many processes, one after the other: where memory lies is the luck of a process. One is enough
 *   for a slow runner, and for an entry that says `oneProcess`.
 * @param options.noise Where others share cores; without it, there are no probes.
 * @param options.kept Where runners come from and are left for the next case; without it, they are started and stopped.
 * @param options.folder For outputs.
 * @param options.slow From how many milliseconds on a few runs are enough.
 * @param options.compares Whether the task has an output.
 * @returns By entry: `{ name, details, times, busy, disturbed, memory, difference }`, or `{ error }`: which of `times` stand though others
 *   shared a core, and how many runs were repeated.
 */
export async function interleave(entries, task, options) {
  const { processes = 1 } = options;
  const parts = [];
  for (let i = 0; i < processes; i++) {
    const taking = entries.filter(
      ({ id, oneProcess }) => i === 0 || !(oneProcess || parts.some((part) => part[id]?.isSlow)),
    );
    parts.push(await interleaveOnce(taking, task, { ...options, processes, processIndex: i }));
  }
  const ofOne = (id) => parts.map((part) => part[id]).filter((result) => result !== undefined);
  return Object.fromEntries(entries.map(({ id }) => [id, joined(ofOne(id))]));
}

/** What several processes of a runner gave, as one; a runner that failed once has failed. */
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

async function interleaveOnce(entries, task, options) {
  const { runs, processes, processIndex, noise, kept, folder } = options;
  const { compares = true, slow = SLOW_MS } = options;
  const results = Object.fromEntries(entries.map(({ id }) => [id, {}]));
  const active = [];
  let expected = null;
  try {
    for (const entry of entries) {
      const runner = kept?.take(entry, processIndex) ?? new Runner(entry);
      active.push(runner);
      const result = results[entry.id];
      try {
        await runner.start();
        const { details } = await runner.ask({ do: 'prepare', task: entry.task ?? task });
        Object.assign(result, {
          name: runner.name,
          details,
          times: [],
          busy: [],
          disturbed: 0,
        });
        result.first = (await runner.run()).milliseconds;
        if (compares) {
          const output = await readOutput(runner, join(folder, 'output.f32'));
          expected ??= output;
          result.difference = largestDifference(output, expected);
          if (!(result.difference <= TOLERANCE)) {
            throw new Error(`another output: off by ${result.difference}`);
          }
        }
        runner.usual = await warmUp(runner, result.first, slow);
        result.isSlow = runner.usual > slow;
      } catch (error) {
        drop(runner, error);
      }
    }
    await takeTurns(active, results, { runs, processes, noise, drop });
    // Of a runner that has done other tasks before, the most memory says nothing.
    const fresh = kept === undefined ? active : [];
    for (const { entry, peakMemory } of fresh) results[entry.id].memory = peakMemory;
    return results;
  } finally {
    for (const runner of active) {
      if (kept === undefined) runner.stop();
      else await kept.giveBack(runner, processIndex);
    }
  }

  function drop(runner, error) {
    results[runner.entry.id] = { error: error.message };
    runner.stop();
    active.splice(active.indexOf(runner), 1);
  }
}

/** @returns How long a run takes from then on. */
async function warmUp(runner, first, slow) {
  let last = first;
  if (first > slow + COLD_MS) return last;
  const end = performance.now() + WARM_UP_MS;
  for (let run = 0; run < MAX_WARM_UPS && performance.now() < end; run++) {
    const { milliseconds } = await runner.run();
    const isStable = Math.abs(milliseconds / last - 1) < STABLE;
    last = milliseconds;
    if (isStable || last > slow) break;
  }
  return last;
}

async function takeTurns(active, results, { runs, processes, noise, drop }) {
  for (const { entry } of active) {
    const { isSlow, first, times } = results[entry.id];
    if (isSlow && entry.firstCounts) times.push(first);
  }
  const runsOf = ({ entry, usual }) => {
    if (results[entry.id].isSlow) return entry.firstCounts ? 0 : SLOW_RUNS;
    const all = Math.max(runs, Math.min(MAX_RUNS, MEASURED_MS / usual));
    return Math.ceil(all / (entry.oneProcess ? 1 : processes));
  };
  const turns = Math.max(...active.map(runsOf));
  for (let turn = 0; turn < turns; turn++) {
    for (const runner of [...active]) {
      if (turn < runsOf(runner)) await runInto(runner, turn);
    }
  }
  // Only now is known what each can do; and what slowed it in its turn may be over.
  for (let repeat = 0; repeat < MAX_REPEATS; repeat++) {
    for (const runner of [...active]) {
      const { times, isSlow, disturbed } = results[runner.entry.id];
      const slowest = times.indexOf(Math.max(...times));
      // Where there are many, some slow ones change neither the median nor the fastest.
      const isCalm = times.length > runs || times[slowest] <= DISTURBED * Math.min(...times);
      if (
        !isCalm &&
        disturbed < mostRepeats(runner, isSlow) &&
        (noise === undefined || noise.affords(times[slowest]))
      ) {
        results[runner.entry.id].disturbed++;
        await runInto(runner, slowest);
      }
    }
  }

  async function runInto(runner, turn) {
    const result = results[runner.entry.id];
    try {
      const { milliseconds, busy } = await undisturbedRun(runner, result, noise);
      result.times[turn] = milliseconds;
      result.busy[turn] = busy;
    } catch (error) {
      drop(runner, error);
    }
  }
}

function mostRepeats({ entry }, isSlow) {
  return isSlow ? SLOW_REPEATS[entry.kind] : MAX_REPEATS;
}

async function undisturbedRun(runner, result, noise) {
  const repeats = mostRepeats(runner, result.isSlow);
  for (;;) {
    if (runner.entry.threads > 1) await setTimeout(REST_MS);
    const run = await (noise === undefined ? runner.run() : noise.measure(runner));
    if (!run.disturbed || result.disturbed >= repeats) return run;
    result.disturbed++;
  }
}

async function readOutput(runner, file) {
  await runner.ask({ do: 'output', file });
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
