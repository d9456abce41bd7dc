import type { TranslateRequest } from '../requests/translate.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage.js';
import { runMany } from './translateMany.js';
import { readNames } from './translateNames.js';
import { runOne } from './translateOne.js';
import { planMany, planOne } from './translatePlan.js';

/** One picture, `IN [OUT]`, or several: names, folders, patterns. */
export async function runTranslate(request: TranslateRequest, terminal: Terminal): Promise<void> {
  const names = await readNames(request);
  if (names.kind === 'one') {
    const plan = await planOne(names, request, terminal);
    if (plan !== null) await runOne(plan, request, terminal);
    return;
  }
  if (request.dumpActivations !== undefined) {
    throw new UsageError('--dump-activations takes one picture.');
  }
  const plan = await planMany(names, request, terminal);
  await runMany(plan, request, terminal);
}
