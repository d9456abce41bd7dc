import { CycleganError } from '../errors.js';
import { requireBuiltin } from '../platform/builtin.js';
import { errorCode } from '../platform/fileError.js';
import { descriptorIdentity } from '../platform/files.js';
import { UsageError } from './usage.js';

const OUTPUT = 1;

/** Whoever read standard output has seen enough and went away (`| head`). */
export class OutputClosedError extends CycleganError {
  override readonly name = 'OutputClosedError';
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
    if (descriptorIdentity(OUTPUT) !== null)
      writeWhole(typeof data === 'string' ? new TextEncoder().encode(data) : data);
    else await writeToStream(data);
  } catch (error) {
    if (errorCode(error) === 'EPIPE') throw new OutputClosedError();
    throw new CycleganError(
      'ERR_OUTPUT',
      `standard output: cannot write it (${error instanceof Error ? error.message : String(error)}).`,
      { cause: error },
    );
  }
}

/**
 * Bytes that are no text would do to a terminal whatever they happen to mean there.
 * @param what Is to be written, such as "a picture".
 * @throws UsageError where standard output is a terminal.
 */
export function refuseTerminalOutput(what: string): void {
  if (process.stdout.isTTY !== true) return;
  throw new UsageError(
    `Standard output is a terminal, which cannot show ${what}: send it to a file (> FILE) or a program (| PROGRAM).`,
  );
}

function writeToStream(data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(data, (error) => (error ? reject(error) : resolve()));
  });
}

/** Into a file, where Node's stream takes a write for complete that was cut short, as on a disk that has become full. */
function writeWhole(bytes: Uint8Array): void {
  const { writeSync } = requireBuiltin('fs', 'Standard output');
  for (let done = 0; done < bytes.length; ) done += writeSync(OUTPUT, bytes, done);
}

let isMuted = false;

/** From now on, nothing is said. */
export function muteMessages(): void {
  isMuted = true;
}

/** Says something on standard error. Where that cannot be written, there is nobody who could be told. */
export function writeMessage(text: string): void {
  if (isMuted) return;
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
