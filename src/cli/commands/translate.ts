import { CycleganError } from '../../errors.js';
import { setMaxPixels } from '../../image/picture.js';
import { shownName } from '../addresses.js';
import { printFailure } from '../failureLine.js';
import type { TranslateRequest } from '../requests/translate.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage.js';
import { tellJob, tellMany, unasked } from './translateDryRun.js';
import { runFrames } from './translateFrames.js';
import { runMany } from './translateMany.js';
import { type OneName, readNames } from './translateNames.js';
import { runOne } from './translateOne.js';
import { planMany, planOne } from './translatePlan.js';
import { runWatch } from './translateWatch.js';

/** One picture, `IN [OUT]`, or several: names, folders, patterns. */
export async function runTranslate(request: TranslateRequest, terminal: Terminal): Promise<void> {
  setMaxPixels(request.pictures.maxPixels);
  if (request.frames !== null) return runFrames(request.frames, request, terminal);
  if (request.watch !== null) return runWatch(request.watch, request, terminal);
  const names = await readNames(request);
  if (names.kind === 'one') {
    if (request.shard === null) return translateOne(names, request, terminal);
    throw new UsageError('--shard parts several pictures: name a folder, or a pattern.');
  }
  if (request.dumpActivations !== undefined) {
    throw new UsageError('--dump-activations takes one picture.');
  }
  const plan = await planMany(names, request, terminal);
  if (request.dryRun) return tellMany(plan, request, terminal);
  await runMany(plan, request, terminal);
}

async function translateOne(
  names: OneName,
  request: TranslateRequest,
  terminal: Terminal,
): Promise<void> {
  try {
    const plan = await planOne(names, request, request.dryRun ? unasked(terminal) : terminal);
    if (plan === null) return;
    if (request.dryRun) await tellJob(plan, request);
    else await runOne(plan, request, terminal);
  } catch (error) {
    if (request.json && error instanceof CycleganError) {
      await printFailure(error, shownName(names.input));
    }
    throw error;
  }
}
