import { CycleganError } from '../errors.js';
import { utf8Bytes } from './text.js';

/** A file could not be read or written. */
export class FileError extends CycleganError {
  override readonly name = 'FileError';
}

export function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** @param name `null` for what has none. */
export function tooLong(name: string | null, maxBytes: number): FileError {
  const what = name === null ? 'The data are' : `${name}: this is`;
  return new FileError(
    'ERR_FILE_TOO_LARGE',
    `${what} too long: at most ${maxBytes} bytes are taken.`,
  );
}

/**
 * A file has a name that is needed, and the user may want it still.
 * @param use What the name is needed for, as a sentence.
 */
export function foreignFile(path: string, use: string): FileError {
  return new FileError(
    'ERR_FILE_EXISTS',
    `${path}: no download has made this file, so it is left as it is. ${use}: move it elsewhere, or remove it, and try again.`,
  );
}

/** What the operating system said, for people. */
export function fileError(verb: 'read' | 'write', path: string, cause: unknown): FileError {
  if (cause instanceof FileError) return cause;
  switch (errorCode(cause)) {
    case 'ENOENT':
      return new FileError(
        'ERR_FILE_NOT_FOUND',
        verb === 'read' ? `${path}: no such file.` : `${path}: the folder does not exist.`,
        { cause },
      );
    case 'EISDIR':
      return new FileError('ERR_IS_DIRECTORY', `${path}: this is a folder, not a file.`, { cause });
    case 'EEXIST':
      return new FileError('ERR_FILE_EXISTS', `${path}: the file exists already.`, { cause });
    case 'ENAMETOOLONG':
      return new FileError('ERR_FILE_NAME', `${path}: ${longName(path)}.`, { cause });
    default:
      return new FileError('ERR_FILE', `${path}: cannot ${verb} it (${reasonOf(cause)}).`, {
        cause,
      });
  }
}

/** Without the path of the call: that may be of a file that the user never named, such as one that was to be renamed. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return /^(E[A-Z0-9]+: [^,]+), /.exec(cause.message)?.[1] ?? cause.message;
}

/** Bytes of a name that most file systems take. */
const MAX_NAME_BYTES = 255;

function longName(path: string): string {
  const longest = Math.max(...path.split(/[/\\]/).map((name) => utf8Bytes(name).length));
  return longest > MAX_NAME_BYTES
    ? `the name is too long: it has ${longest} bytes, and file systems take ${MAX_NAME_BYTES}`
    : 'the path is too long for this system';
}
