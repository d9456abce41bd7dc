import { FileError } from '../platform/fileError.js';
import { fileIdentity, foldPath, isTaken, parentFolder, pathKind } from '../platform/files.js';
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
 * @throws UsageError for one of those; FileError for a folder, or where the folder for it is missing.
 */
export async function checkOutputFile(
  path: string,
  reads: readonly (string | undefined)[],
): Promise<void> {
  await refuseInputAsOutput(path, reads);
  if ((await pathKind(path)) === 'folder') {
    throw new FileError('ERR_IS_DIRECTORY', `${path}: this is a folder, not a file.`);
  }
  const folder = parentFolder(path);
  if ((await pathKind(folder)) !== 'folder') {
    throw new FileError('ERR_FILE_NOT_FOUND', `${path}: the folder ${folder} does not exist.`);
  }
}

/** @throws UsageError for a file that the run reads. */
export async function refuseInputAsOutput(
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
