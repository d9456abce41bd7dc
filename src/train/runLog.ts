import { requireBuiltin } from '../platform/builtin.js';
import { concatenate } from '../platform/concatenate.js';
import { fileError } from '../platform/fileError.js';

/** The losses of an iteration, as the CycleGAN authors print them and in their order. */
export interface IterationLosses {
  readonly D_A: number;
  readonly G_A: number;
  readonly cycle_A: number;
  readonly idt_A: number;
  readonly D_B: number;
  readonly G_B: number;
  readonly cycle_B: number;
  readonly idt_B: number;
}

/** A line of `log.jsonl`. */
export interface LogEntry extends IterationLosses {
  /** From 1 up, through all epochs. */
  readonly iteration: number;
  /** From 1 up. */
  readonly epoch: number;
  /** Of the iteration, waiting for pictures included. */
  readonly seconds: number;
  /** The learning rate. */
  readonly lr: number;
}

type FileHandle = Awaited<ReturnType<typeof import('node:fs/promises')['open']>>;

/** Longer ones are no lines of a log. */
const MAX_LINE_BYTES = 1 << 14;
const NEWLINE = 10;

/** `log.jsonl`: a line of JSON for each iteration. */
export class RunLog {
  readonly #path: string;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /**
   * Opens a log, or begins one. What stands behind `iteration`, as of a run that was killed, is cut off: it is done again.
   * @param iteration Iterations that are done.
   * @param onEntry Receives each entry that stays.
   * @throws FileError when it cannot be read or written.
   */
  static async open(
    path: string,
    iteration: number,
    onEntry: (entry: LogEntry) => void = () => undefined,
  ): Promise<RunLog> {
    const { open } = requireBuiltin('fs/promises', `Writing ${path}`);
    try {
      const length = await lengthUpTo(path, iteration, onEntry);
      const file = await open(path, 'a');
      await file.truncate(length);
      return new RunLog(path, file);
    } catch (error) {
      throw fileError('write', path, error);
    }
  }

  async append(entry: LogEntry): Promise<void> {
    await this.#said(this.#file.appendFile(`${JSON.stringify(entry)}\n`));
  }

  /** Sees that what was appended is on the disk: a checkpoint that tells of later iterations must not be there alone. */
  async sync(): Promise<void> {
    await this.#said(this.#file.datasync());
  }

  async close(): Promise<void> {
    await this.#said(this.#file.close());
  }

  #said<T>(action: Promise<T>): Promise<T> {
    return action.catch((error: unknown) => {
      throw fileError('write', this.#path, error);
    });
  }
}

/** Bytes up to the last line that tells of `iteration` or an earlier one; a line that is none ends what is read. */
async function lengthUpTo(
  path: string,
  iteration: number,
  onEntry: (entry: LogEntry) => void,
): Promise<number> {
  const { createReadStream, existsSync } = requireBuiltin('fs', `Reading ${path}`);
  if (!existsSync(path)) return 0;
  let length = 0;
  let rest: Uint8Array = new Uint8Array(0);
  for await (const piece of createReadStream(path)) {
    const bytes = concatenate([rest, piece as Uint8Array]);
    let begin = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, begin)) {
      const entry = readEntry(bytes.subarray(begin, end));
      if (entry === null || entry.iteration > iteration) return length;
      onEntry(entry);
      length += end + 1 - begin;
      begin = end + 1;
    }
    rest = bytes.subarray(begin);
    if (rest.length > MAX_LINE_BYTES) return length;
  }
  return length;
}

function readEntry(line: Uint8Array): LogEntry | null {
  if (line.length > MAX_LINE_BYTES) return null;
  try {
    const entry = JSON.parse(new TextDecoder().decode(line)) as LogEntry | null;
    return typeof entry?.iteration === 'number' ? entry : null;
  } catch {
    return null;
  }
}
