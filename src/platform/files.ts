import { CycleganError } from '../errors.js';
import { requireBuiltin } from './builtin.js';

/** A file could not be read or written. */
export class FileError extends CycleganError {}

/**
 * The bytes of a file.
 * @throws FileError `ERR_FILE_NOT_FOUND`, `ERR_IS_DIRECTORY` or `ERR_FILE`, naming the path.
 */
export async function readFileBytes(path: string): Promise<Uint8Array> {
  const { readFile } = requireBuiltin('fs/promises', `Reading ${path}`);
  try {
    const buffer = await readFile(path);
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  } catch (error) {
    throw fileError('read', path, error);
  }
}

/**
 * Writes a file as a whole or not at all: beside the target under a temporary name, then renamed.
 * With `replace: false`, a target that exists is left alone, whoever made it and when.
 *
 * @throws FileError `ERR_FILE_EXISTS` when the target exists and must not be replaced.
 */
export async function writeFileAtomic(
  path: string,
  bytes: Uint8Array,
  options: { replace: boolean },
): Promise<void> {
  const fs = requireBuiltin('fs/promises', `Writing ${path}`);
  const { basename, dirname, join } = requireBuiltin('path', `Writing ${path}`);
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.cyclegan-tmp`);
  try {
    await fs.writeFile(temporary, bytes, { flag: 'wx' });
    if (options.replace) {
      await fs.rename(temporary, path);
    } else {
      // A hard link refuses an existing target in the same step that makes it; a rename would not.
      await fs.link(temporary, path).catch((error: unknown) => {
        if (errorCode(error) === 'EEXIST') throw error;
        // Some file systems have no links; there, a copy refuses an existing target, too.
        return fs.copyFile(temporary, path, fs.constants.COPYFILE_EXCL);
      });
    }
  } catch (error) {
    throw fileError('write', path, error);
  } finally {
    await fs.rm(temporary, { force: true });
  }
}

/** `file`, `folder`, or `null` where there is nothing. Links are followed. */
export async function pathKind(path: string): Promise<'file' | 'folder' | null> {
  const { stat } = requireBuiltin('fs/promises', `Looking for ${path}`);
  return stat(path).then(
    (found) => (found.isDirectory() ? 'folder' : 'file'),
    () => null,
  );
}

export function parentFolder(path: string): string {
  return requireBuiltin('path', `Looking for ${path}`).dirname(path);
}

/** Whether both paths lead to one and the same file that exists, through links and spellings. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  const { stat } = requireBuiltin('fs/promises', `Looking for ${a}`);
  const [first, second] = await Promise.all(
    [a, b].map((path) => stat(path, { bigint: true }).catch(() => null)),
  );
  return first !== null && second !== null && first.ino === second.ino && first.dev === second.dev;
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function fileError(verb: string, path: string, cause: unknown): FileError {
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
