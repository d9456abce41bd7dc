import { AbortError, CycleganError } from '../../errors.js';
import type { OpenedGenerator } from '../../generator/openGenerator.js';
import { warmUp } from '../../nn/compile.js';
import { settleEngine } from '../../nn/settleEngine.js';
import { shownName } from '../addresses.js';
import { GalleryFile } from '../gallery/galleryFile.js';
import { beginOpening } from '../generator.js';
import { InterruptedError, Interruption } from '../interruption.js';
import { type Job, removeStaleTemp } from '../pictures/outputs.js';
import { translateMany } from '../pictures/translateMany.js';
import { programNotes } from '../programNotes.js';
import type { TranslateRequest } from '../requests/translate.js';
import { withScratch } from '../scratchFolder.js';
import { OutputClosedError } from '../standardOutput.js';
import type { Terminal } from '../terminal.js';
import { Tally } from './tally.js';
import type { ManyPlan } from './translatePlan.js';

/** Several pictures, with a line for each, and a gallery where it is wanted. */
export async function runMany(
  plan: ManyPlan,
  request: TranslateRequest,
  terminal: Terminal,
): Promise<void> {
  const { jobs, left, unusable } = plan;
  await removeStaleTemp(jobs);
  const total = left.length + unusable.filter(({ kind }) => kind === 'file').length;
  const tally = new Tally(total, request, terminal);
  for (const item of unusable) await tally.addUnusable(item);
  if (left.length === 0 && (jobs.length === 0 || !request.pictures.gallery)) {
    tally.throwFailures();
    terminal.say(
      jobs.length === 0
        ? 'Nothing to do: there are more parts than pictures, and none is in this one.'
        : `Nothing to do: all ${jobs.length} pictures are translated.`,
    );
    return;
  }
  await warmUp(request.engine);
  const reading = await beginOpening(request.weights, terminal);
  const generator = await reading();
  await settleEngine(request.engine);
  const gallery = await beginGallery(plan, request);
  tally.begin(generator);
  const interruption = new Interruption();
  try {
    await translateLeft(plan, generator, { request, gallery, tally, interruption, terminal });
    await gallery?.end(tally.summary);
  } catch (error) {
    await gallery?.discard();
    if (!(error instanceof AbortError)) throw error;
    throw new InterruptedError(
      interruption.name,
      `Interrupted: ${tally.done} of ${total} are done. --resume goes on.`,
    );
  } finally {
    interruption.end();
  }
  if (gallery !== null) terminal.say(`The gallery is ${gallery.path}`);
  tally.finish();
}

async function beginGallery(
  { folder, jobs, replaceGallery }: ManyPlan,
  { pictures, weights }: TranslateRequest,
): Promise<GalleryFile | null> {
  if (!pictures.gallery) return null;
  const { source } = weights;
  const details = [source === null ? 'the small built-in model' : shownName(source)];
  return GalleryFile.begin(folder, jobs, { replace: replaceGallery, details });
}

/** What a run of many pictures reports to. */
interface Run {
  readonly request: TranslateRequest;
  readonly gallery: GalleryFile | null;
  readonly tally: Tally;
  readonly interruption: Interruption;
  readonly terminal: Terminal;
}

/** Where nothing is to be translated, no program is made. */
async function scratchOf({ engine }: TranslateRequest, [first]: readonly Job[]) {
  return first === undefined ? engine : withScratch(engine, first.output);
}

/** Translates what is to do; the gallery then gets the pictures that were done before, too. */
async function translateLeft(
  { jobs, left, replace }: ManyPlan,
  generator: OpenedGenerator,
  { request, gallery, tally, interruption, terminal }: Run,
): Promise<void> {
  const { signal } = interruption;
  const engine = await scratchOf(request, left);
  await translateMany(left, generator, {
    ...request.pictures,
    replace,
    forward: { ...engine, ...programNotes(request, terminal) },
    signal,
    onOutcome: async (outcome) => {
      await gallery?.add(outcome);
      await tally.add(outcome).catch((error: unknown) => {
        if (!(error instanceof OutputClosedError)) throw error;
        interruption.stop('SIGPIPE');
      });
    },
  });
  if (gallery === null) return;
  const done = new Set(left);
  for (const job of jobs) {
    if (signal.aborted) throw new AbortError();
    if (done.has(job)) continue;
    await gallery.addDone(job, request.pictures).catch((error: unknown) => {
      if (!(error instanceof CycleganError)) throw error;
      terminal.say(`${job.output}: not in the gallery (${error.message})`);
    });
  }
}
