import type { ErrorCode } from '../errorCodes.js';
import { CycleganError } from '../errors.js';

/** Names of files, keys and classes can be of any length: an error is one that people can read. */
const LONGEST_MESSAGE = 1000;

/** A weight file that cannot be read, or must not be. */
export class PthError extends CycleganError {
  override readonly name = 'PthError';
  /** Byte of the file, or of the file's pickle where the message says so. */
  readonly offset: number | undefined;
  /** State-dict key or storage key that it is about. */
  readonly key: string | undefined;
  /** Of a file with several state dicts (`ERR_PTH_AMBIGUOUS`): what the option `key` can be. */
  readonly choices: readonly string[];

  constructor(
    code: ErrorCode,
    message: string,
    where: {
      offset?: number;
      key?: string;
      choices?: readonly string[];
      cause?: unknown;
    } = {},
  ) {
    const short =
      message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;
    super(
      code,
      where.offset === undefined ? short : `${short} (at byte ${where.offset})`,
      where.cause === undefined ? undefined : { cause: where.cause },
    );
    this.offset = where.offset;
    this.key = where.key;
    this.choices = where.choices ?? [];
  }

  /** The same error with the file's name in front. */
  inFile(path: string): PthError {
    const named = new PthError(this.code, `${path}: ${this.message}.`, {
      key: this.key,
      choices: this.choices,
      cause: this,
    });
    Object.assign(named, { offset: this.offset });
    return named;
  }
}
