import { requireBuiltin } from '../platform/builtin.js';
import { errorCode, FileError, fileError } from '../platform/fileError.js';
import {
  fileIdentity,
  foldPath,
  isPipeOrDevice,
  isTaken,
  parentFolder,
  pathKind,
} from '../platform/files.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage.js';

/**
 * Files that a run reads, and therefore never writes to. They are known by what they are, so that links lead to them, and by
 * their names without upper and lower case, for file systems that do not number their files.
 */
export class Originals {
  readonly #identities: ReadonlySet<string | null>;
  readonly #names: ReadonlySet<string>;

  static async of(paths: readonly string[]): Promise<Originals> {
    return new Originals(await Promise.all(paths.map(fileIdentity)), paths.map(foldPath));
  }

  private constructor(identities: readonly (string | null)[], names: readonly string[]) {
    this.#identities = new Set(identities.filter((identity) => identity !== null));
    this.#names = new Set(names);
  }

  async include(path: string): Promise<boolean> {
    return this.#names.has(foldPath(path)) || this.#identities.has(await fileIdentity(path));
  }
}

/**
 * Whether a file of that name can be written at all; what may be replaced is another question.
 *
 * @param reads Files that the run reads; `undefined` for what is no file.
 * @throws UsageError for one of those; FileError for a folder, where there is no place for it, or for a name that is too
 * long.
 */
export async function checkOutputFile(
  path: string,
  reads: readonly (string | undefined)[],
): Promise<void> {
  await refuseInputAsOutput(path, reads);
  if ((await pathKind(path)) === 'folder') {
    throw new FileError('ERR_IS_DIRECTORY', `${path}: this is a folder, not a file.`);
  }
  await checkFolder(path);
  // What cannot be looked at cannot be written: better told now than when the work is done.
  await isTaken(path);
}

const FORBIDDEN: readonly unknown[] = ['EACCES', 'EROFS', 'EPERM'];

/** The folder may be missing: it is made with the file. @throws FileError where none can be made, or nothing be written. */
async function checkFolder(path: string): Promise<void> {
  const { access, constants } = requireBuiltin('fs/promises', `Writing ${path}`);
  let folder = parentFolder(path);
  let kind = await pathKind(folder);
  for (; kind === null && parentFolder(folder) !== folder; kind = await pathKind(folder)) {
    if (await isTaken(folder)) break;
    folder = parentFolder(folder);
  }
  if (kind !== 'folder') {
    throw new FileError('ERR_FILE', `${path}: ${folder} is no folder, so nothing can lie in it.`);
  }
  if (await isPipeOrDevice(path)) return;
  await access(folder, constants.W_OK).catch((error: unknown) => {
    // Where it cannot be asked, writing tells.
    if (FORBIDDEN.includes(errorCode(error))) throw fileError('write', path, error);
  });
}

/** @throws UsageError for a file that the run reads. */
async function refuseInputAsOutput(
  path: string,
  reads: readonly (string | undefined)[],
): Promise<void> {
  const originals = await Originals.of(reads.filter((name) => name !== undefined));
  if (await originals.include(path)) {
    throw new UsageError(`${path}: the output would replace the input; name another file.`);
  }
}

/**
 * A name that stands last on the line may be an output, or come from a pattern such as `*.jpg`. So a file of that name is
 * replaced only with `force`, or when somebody says so.
 *
 * @param remedies What else the user can do, for the message.
 * @returns Whether there is a file, which may be replaced.
 * @throws UsageError where there is one, and nobody agrees.
 */
export async function mayReplace(
  path: string,
  { force, remedies }: { readonly force: boolean; readonly remedies: string },
  terminal: Pick<Terminal, 'confirm'>,
): Promise<boolean> {
  if (force) return true;
  if (!(await isTaken(path))) return false;
  if (await terminal.confirm(`${path} exists. Replace it?`)) return true;
  throw new UsageError(`${path} exists: ${remedies}.`);
}
