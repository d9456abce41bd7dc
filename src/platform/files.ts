import { requireBuiltin } from './builtin.js';
import { openFile } from './byteSource.js';
import { errorCode, fileError } from './fileError.js';

/**
 * The bytes of a file.
 * @throws FileError `ERR_FILE_NOT_FOUND`, `ERR_IS_DIRECTORY` or `ERR_FILE`, naming the path.
 */
export async function readFileBytes(path: string): Promise<Uint8Array> {
  const source = await openFile(path);
  return source.read(0, source.size);
}

/**
 * Writes a file as a whole or not at all: beside the target under a temporary name, then renamed.
 * With `replace: false`, a target that exists is left alone, whoever made it and when.
 *
 * @throws FileError `ERR_FILE_EXISTS` when the target exists and must not be replaced.
 */
export async function writeFileAtomic(
  path: string,
  bytes: Uint8Array | Iterable<Uint8Array>,
  options: { replace: boolean },
): Promise<void> {
  const fs = requireBuiltin('fs/promises', `Writing ${path}`);
  const temporary = temporaryName(path);
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

/** A file that is written piece by piece, and has its name only once it is complete. */
export interface GrowingFile {
  append(text: string): Promise<void>;
  /** Gives it its name; a file of that name is replaced. */
  publish(): Promise<void>;
  discard(): Promise<void>;
}

/** @throws FileError when it cannot be written. */
export async function growFile(path: string): Promise<GrowingFile> {
  const fs = requireBuiltin('fs/promises', `Writing ${path}`);
  const temporary = temporaryName(path);
  const said = <T>(action: Promise<T>): Promise<T> =>
    action.catch((error: unknown) => {
      throw fileError('write', path, error);
    });
  const file = await said(fs.open(temporary, 'wx'));
  const discard = async () => {
    await file.close();
    await fs.rm(temporary, { force: true });
  };
  return {
    append: (text) => said(file.appendFile(text)),
    publish: async () => {
      await said(file.close());
      await said(fs.rename(temporary, path));
    },
    discard,
  };
}

function temporaryName(path: string): string {
  const { basename, dirname, join } = requireBuiltin('path', `Writing ${path}`);
  return join(dirname(path), `.${basename(path)}.${process.pid}.cyclegan-tmp`);
}

/** `file`, `folder`, or `null` where there is nothing. Links are followed. */
export async function pathKind(path: string): Promise<'file' | 'folder' | null> {
  const { stat } = requireBuiltin('fs/promises', `Looking for ${path}`);
  return stat(path).then(
    (found) => (found.isDirectory() ? 'folder' : 'file'),
    () => null,
  );
}

/** The folder of a file, with all above it, where they are missing. */
export async function makeFolder(file: string): Promise<void> {
  const { mkdir } = requireBuiltin('fs/promises', `Writing ${file}`);
  try {
    await mkdir(parentFolder(file), { recursive: true });
  } catch (error) {
    throw fileError('write', file, error);
  }
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
