import { pathKind } from '../../platform/files.js';
import type { Terminal } from '../terminal.js';
import { type Invocation, UsageError } from '../usage.js';
import { runMany } from './translateMany.js';
import { runOne } from './translateOne.js';
import { readRequest } from './translateOptions.js';

const MAGIC = /[*?[]/;

/**
 * One picture, `IN [OUT]`, or several: a folder, a pattern, or more than two names. The last of several names is the
 * folder for the outputs if there is a folder of that name, or if it ends with a slash; `-o` says so in any case.
 */
export async function runTranslate(invocation: Invocation, terminal: Terminal): Promise<void> {
  const { operands } = invocation;
  const [first, second] = operands;
  if (first === undefined) throw new UsageError('Which picture? Name a PNG or JPEG file.');
  const request = readRequest(invocation);
  const named = invocation.text('output');
  if ((await isOne(operands, named)) && !request.gallery) {
    if (second !== undefined && named !== undefined) {
      throw new UsageError('The output is named twice: as a second name, and by --output.');
    }
    return runOne(first, second ?? named, request, invocation, terminal);
  }
  const last = operands[operands.length - 1];
  const takesLast = named === undefined && operands.length > 1 && (await isFolderName(last));
  if (operands.length > 1 && named === undefined && !takesLast) {
    const looksLikeOutput = (await pathKind(last)) === null && !MAGIC.test(last);
    if (looksLikeOutput) {
      throw new UsageError(
        `One output for several pictures: "${last}" is no folder. Name a folder for them: -o FOLDER.`,
      );
    }
  }
  if (invocation.text('dump-activations') !== undefined) {
    throw new UsageError('--dump-activations takes one picture.');
  }
  const inputs = takesLast ? operands.slice(0, -1) : operands;
  return runMany(inputs, takesLast ? last : (named ?? null), request, invocation, terminal);
}

/** A file, or something that is to be one, and at most a name for the output. */
async function isOne(operands: readonly string[], named: string | undefined): Promise<boolean> {
  if (operands.length > 2) return false;
  if (operands.length === 2 && named !== undefined && (await isFolderName(named))) return false;
  const [first, second = named] = operands;
  if (first === '-' || second === '-') return true;
  if ((await pathKind(first)) === 'folder') return false;
  if ((await pathKind(first)) === null && MAGIC.test(first)) return false;
  return second === undefined || !(await isFolderName(second));
}

async function isFolderName(name: string): Promise<boolean> {
  return /[/\\]$/.test(name) || (await pathKind(name)) === 'folder';
}
