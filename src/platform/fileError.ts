import { CycleganError } from '../errors.js';

/** A file could not be read or written. */
export class FileError extends CycleganError {}

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
    default:
      return new FileError(
        'ERR_FILE',
        `${path}: cannot ${verb} it (${cause instanceof Error ? cause.message : String(cause)}).`,
        { cause },
      );
  }
}
