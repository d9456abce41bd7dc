import { CycleganError } from '../../errors.js';
import { printable } from '../../platform/printable.js';
import { comparePairs, formatPairs } from '../evaluation/comparePairs.js';
import { compareSets, formatSets } from '../evaluation/compareSets.js';
import { type Failure, listPictures } from '../evaluation/pictureFolders.js';
import { withoutLine } from '../failureLine.js';
import type { EvaluateRequest } from '../requests/evaluate.js';
import { writeData } from '../standardOutput.js';
import { printableJson, type Terminal } from '../terminal.js';

/** @throws CycleganError `ERR_SOME_FAILED` once all is told, where some pictures could not be compared. */
export async function runEvaluate(
  { folders: [a, b], recursive, features, json }: EvaluateRequest,
  terminal: Terminal,
): Promise<void> {
  const first = await listPictures(a, { recursive });
  const second = await listPictures(b, { recursive });
  if (features === null) {
    const report = await comparePairs(first, second, terminal);
    await print(report, formatPairs(report), json);
    tellUnpaired(first.path, report.unpaired.a, terminal);
    tellUnpaired(second.path, report.unpaired.b, terminal);
    refuseFailures(report.failed, terminal);
  } else {
    const report = await compareSets([first, second], features, terminal);
    await print(report, formatSets(report), json);
    refuseFailures(report.failed, terminal);
  }
}

async function print(report: object, text: string, json: boolean): Promise<void> {
  await writeData(json ? `${printableJson(report, 2)}\n` : printable(`${text}\n`));
}

/** Names in a line. */
const MAX_NAMES = 5;

function tellUnpaired(folder: string, names: readonly string[], terminal: Terminal): void {
  if (names.length === 0) return;
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  const list = `${names.slice(0, MAX_NAMES).join(', ')}${more}`;
  terminal.say(`${folder}: without a partner, and left out: ${list}.`);
}

function refuseFailures(failed: readonly Failure[], terminal: Terminal): void {
  if (failed.length === 0) return;
  for (const { name, error } of failed) {
    terminal.say(error.includes(name) ? error : `${name}: ${error}`);
  }
  const what = failed.length === 1 ? '1 picture is' : `${failed.length} pictures are`;
  // The report names them already, and is the one object that --json prints.
  throw withoutLine(
    new CycleganError('ERR_SOME_FAILED', `${what} left out of the numbers: see above.`),
  );
}
