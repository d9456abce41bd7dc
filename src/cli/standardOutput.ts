import { CycleganError } from '../errors.js';
import { errorCode } from '../platform/fileError.js';

/** Whoever read standard output has seen enough and went away (`| head`). */
export class OutputClosedError extends CycleganError {
  constructor() {
    super('ERR_OUTPUT_CLOSED', 'Nobody reads standard output any more.');
  }
}

/**
 * Writes data, which is all that standard output is for.
 * @throws OutputClosedError when its reader went away; CycleganError `ERR_OUTPUT` when it cannot be written, as on a disk
 * that is full.
 */
export async function writeData(data: string | Uint8Array): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(data, (error) => (error ? reject(error) : resolve()));
    });
  } catch (error) {
    if (errorCode(error) === 'EPIPE') throw new OutputClosedError();
    throw new CycleganError(
      'ERR_OUTPUT',
      `standard output: cannot write it (${error instanceof Error ? error.message : String(error)}).`,
      { cause: error },
    );
  }
}

/** Says something on standard error. Where that cannot be written, there is nobody who could be told. */
export function writeMessage(text: string): void {
  try {
    process.stderr.write(text);
  } catch {
    // A file on a disk that is full: the work goes on.
  }
}

/**
 * Streams also emit what went wrong, and an event that nobody hears ends the process with a stack trace; who writes is
 * told in any case.
 */
export function hearStreamErrors(): void {
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
}
