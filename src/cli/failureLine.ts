import type { CycleganError } from '../errors.js';
import { writeData } from './standardOutput.js';
import { printableJson } from './terminal.js';

/** Errors that `--json` has told of already, or that standard output is no place for. */
const done = new WeakSet<CycleganError>();

/** Has `printFailure` pass over an error. */
export function withoutLine<E extends CycleganError>(error: E): E {
  done.add(error);
  return error;
}

/**
 * With `--json`, a failure is a line, too; once for each error.
 * @param input What it is about, where that is one picture.
 */
export async function printFailure(error: CycleganError, input?: string): Promise<void> {
  if (done.has(error)) return;
  done.add(error);
  const { code, message } = error;
  await writeData(`${printableJson({ input, error: { code, message } })}\n`);
}
