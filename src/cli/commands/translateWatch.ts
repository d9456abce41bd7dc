import { AbortError } from '../../errors.js';
import type { OpenedGenerator } from '../../generator/openGenerator.js';
import { warmUp } from '../../nn/compile.js';
import { settleEngine } from '../../nn/settleEngine.js';
import { pathKind, whyMissing } from '../../platform/files.js';
import { beginOpening } from '../generator.js';
import { Interruption } from '../interruption.js';
import { refuseOwnStreams } from '../ownStreams.js';
import { type Job, sparingInputs } from '../pictures/outputs.js';
import { translateMany } from '../pictures/translateMany.js';
import { programNotes } from '../programNotes.js';
import type { TranslateRequest } from '../requests/translate.js';
import { withScratch } from '../scratchFolder.js';
import { OutputClosedError } from '../standardOutput.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage.js';
import { WatchedFolder } from '../watch/watchedFolder.js';
import { WatchedOutputs } from '../watch/watchedOutputs.js';
import { Tally } from './tally.js';

const PAUSE_MILLISECONDS = 500;

/** Translates the pictures of a folder, those that are there and those that appear, until it is interrupted. */
export async function runWatch(
  folder: string,
  request: TranslateRequest,
  terminal: Terminal,
): Promise<void> {
  const { output, extension, suffix, recursive, existing } = request;
  const kind = await pathKind(folder);
  if (kind === null) throw await whyMissing(folder);
  if (kind === 'file') throw new UsageError(`${folder}: --watch takes a folder.`);
  const outputs = output ?? null;
  const watched = new WatchedFolder(folder, { recursive, outputs, suffix });
  const replace = existing.force && !existing.noClobber;
  const names = new WatchedOutputs({ folder: outputs, extension, suffix }, replace);
  // What cannot be watched is told before a network is opened.
  await watched.look();
  await warmUp(request.engine);
  const reading = await beginOpening(request.weights, terminal);
  const generator = await reading();
  await settleEngine(request.engine);
  const tally = new Tally(0, request, terminal);
  tally.begin(generator);
  const interruption = new Interruption();
  terminal.say(`Watching ${folder}; Ctrl+C ends it.`);
  try {
    await watch({ watched, names, generator, request, tally, interruption, terminal });
  } catch (error) {
    if (!(error instanceof AbortError)) throw error;
  } finally {
    interruption.end();
  }
  if (interruption.name === 'SIGPIPE') throw new OutputClosedError();
  tally.finish();
}

interface Watch {
  readonly watched: WatchedFolder;
  readonly names: WatchedOutputs;
  readonly generator: OpenedGenerator;
  readonly request: TranslateRequest;
  readonly tally: Tally;
  readonly interruption: Interruption;
  readonly terminal: Terminal;
}

/** @throws AbortError when it is interrupted. */
async function watch(all: Watch): Promise<never> {
  const { watched, names, generator, tally, interruption, terminal } = all;
  for (;;) {
    const { ready, unusable, gone } = await watched.look();
    names.forget(gone);
    for (const item of unusable) {
      if (item.kind === 'file') tally.expect(1);
      await tally.addUnusable(item);
    }
    const { fresh, again, done } = await names.jobsFor(ready);
    if (done.length > 0) {
      const [{ output }] = done;
      const more = done.length > 1 ? ` and ${done.length - 1} more` : '';
      terminal.say(`${output}${more}: is there already; --force replaces it.`);
    }
    await translate(fresh, false, all);
    await translate(again, true, all);
    // Until the next picture comes, memory is others'.
    if (fresh.length + again.length > 0) generator.module.dispose();
    await pauseUnless(interruption.signal);
  }
}

async function translate(ready: readonly Job[], replace: boolean, all: Watch): Promise<void> {
  const { generator, request, tally, names, interruption, terminal } = all;
  // One whose output is an input is told of; the others go on, as those that come later do.
  const { jobs, unusable } = await sparingInputs(ready, request.weights.source);
  for (const item of unusable) {
    tally.expect(1);
    await tally.addUnusable(item);
  }
  if (jobs.length === 0) return;
  await refuseOwnStreams(jobs.map(({ input }) => input.path));
  tally.expect(jobs.length);
  const engine = await withScratch(request.engine, jobs[0].output);
  await translateMany(jobs, generator, {
    ...request.pictures,
    replace,
    forward: { ...engine, ...programNotes(request, terminal) },
    signal: interruption.signal,
    onOutcome: async (outcome) => {
      if (!('error' in outcome)) await names.wrote(outcome.job);
      await tally.add(outcome).catch((error: unknown) => {
        if (!(error instanceof OutputClosedError)) throw error;
        interruption.stop('SIGPIPE');
      });
    },
  });
}

/** @throws The signal's reason after it fired. */
function pauseUnless(signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, PAUSE_MILLISECONDS);
    signal.addEventListener('abort', stop, { once: true });
  });
}
