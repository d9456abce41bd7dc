import { printable } from '../../platform/printable.js';
import { shownName } from '../addresses.js';
import type { TranslateRequest } from '../requests/translate.js';
import { writeData } from '../standardOutput.js';
import { printableJson, type Terminal } from '../terminal.js';
import { Tally } from './tally.js';
import type { ManyPlan } from './translatePlan.js';

interface Planned {
  readonly input: string;
  readonly output: string;
}

/** With `--dry-run`, a line about a picture that would be translated. */
export async function tellJob(
  { input, output }: Planned,
  { json }: Pick<TranslateRequest, 'json'>,
): Promise<void> {
  const name = shownName(input);
  const line = json ? printableJson({ input: name, output }) : printable(`${name} -> ${output}`);
  await writeData(`${line}\n`);
}

/** The same for several. @throws CycleganError `ERR_SOME_FAILED` where some of what is meant cannot be had. */
export async function tellMany(
  { left, unusable }: ManyPlan,
  request: TranslateRequest,
  terminal: Terminal,
): Promise<void> {
  const files = unusable.filter(({ kind }) => kind === 'file').length;
  const tally = new Tally(left.length + files, request, terminal);
  for (const item of unusable) await tally.addUnusable(item);
  for (const { input, output } of left) await tellJob({ input: input.path, output }, request);
  tally.throwFailures();
}

/** A terminal at which nobody is asked: nothing will be done. */
export function unasked(terminal: Terminal): Terminal {
  return { ...terminal, confirm: async () => false };
}
