import { CycleganError } from '../errors.js';
import { requireBuiltin } from './builtin.js';

/** The operating system reads no more in one call. */
const MOST_BYTES_AT_ONCE = 2 ** 30;

/** A file could not be read or written. */
export class FileError extends CycleganError {}

/**
 * The bytes of a file.
 * @throws FileError `ERR_FILE_NOT_FOUND`, `ERR_IS_DIRECTORY` or `ERR_FILE`, naming the path.
 */
export async function readFileBytes(path: string): Promise<Uint8Array> {
  const { open } = requireBuiltin('fs/promises', `Reading ${path}`);
  try {
    const file = await open(path);
    try {
      // What has no size beforehand, such as a pipe, comes in pieces.
      const { size } = await file.stat();
      if (size === 0) return new Uint8Array(await file.readFile());
      // Everything is asked for at once, so that another thread reads while this one is busy; `readFile`
      // would come back here for every half megabyte.
      const bytes = new Uint8Array(size);
      let end = 0;
      for (;;) {
        const length = Math.min(size - end, MOST_BYTES_AT_ONCE);
        const { bytesRead } = await file.read(bytes, end, length);
        end += bytesRead;
        if (bytesRead === 0 || end === size) return bytes.subarray(0, end);
      }
    } finally {
      await file.close();
    }
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
