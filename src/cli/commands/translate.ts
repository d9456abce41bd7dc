import type { Terminal } from '../terminal.js';
import { type Invocation, UsageError } from '../usage.js';
import { runMany } from './translateMany.js';
import { readNames } from './translateNames.js';
import { runOne } from './translateOne.js';
import { readRequest } from './translateOptions.js';
import { planMany, planOne } from './translatePlan.js';

/** One picture, `IN [OUT]`, or several: names, folders, patterns. */
export async function runTranslate(invocation: Invocation, terminal: Terminal): Promise<void> {
  const names = await readNames(invocation);
  const request = readRequest(invocation);
  if (names.kind === 'one') {
    const plan = await planOne(names, request.extension, invocation, terminal);
    if (plan !== null) await runOne(plan, request, invocation, terminal);
    return;
  }
  if (invocation.text('dump-activations') !== undefined) {
    throw new UsageError('--dump-activations takes one picture.');
  }
  const plan = await planMany(names, request.extension, invocation, terminal);
  await runMany(plan, request, invocation, terminal);
}
