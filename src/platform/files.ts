import { CycleganError } from '../errors.js';
import { requireBuiltin } from './builtin.js';
import { openFile } from './byteSource.js';
import { crc32 } from './crc32.js';
import { errorCode, type FileError, fileError, tooLong } from './fileError.js';
import { makeFolders } from './folders.js';
import { isAlive } from './processes.js';
import { utf8Bytes } from './text.js';

/** Larger files are not read as a whole: no picture of a size that is taken has so many bytes. */
const MAX_WHOLE = 2 ** 31;

/**
 * The bytes of a file.
 * @throws FileError `ERR_FILE_NOT_FOUND`, `ERR_IS_DIRECTORY`, `ERR_FILE_TOO_LARGE` or `ERR_FILE`, naming the path.
 */
export async function readFileBytes(
  path: string,
  options: { readonly regular?: boolean } = {},
): Promise<Uint8Array> {
  const source = await openFile(path, options);
  if (source.size > MAX_WHOLE) throw tooLong(path, MAX_WHOLE);
  return source.read(0, source.size);
}

/**
 * Writes a file as a whole or not at all: beside the target under a temporary name, then renamed.
 * With `replace: false`, a target that exists is left alone, whoever made it and when; with `replace: true`, its
 * permissions stay, and a pipe or device is written into.
 *
 * @throws FileError `ERR_FILE_EXISTS` when the target exists and must not be replaced.
 */
export async function writeFileAtomic(
  path: string,
  bytes: Uint8Array | Iterable<Uint8Array>,
  options: { replace: boolean },
): Promise<void> {
  const fs = requireBuiltin('fs/promises', `Writing ${path}`);
  if (options.replace && (await isPipeOrDevice(path))) return writeInto(path, bytes);
  const temporary = temporaryName(path);
  const end = beginWriting(temporary);
  try {
    const file = await fs.open(temporary, 'wx');
    try {
      for (const piece of bytes instanceof Uint8Array ? [bytes] : bytes) {
        await file.appendFile(piece);
      }
      await toDisk(file);
    } finally {
      await file.close();
    }
    await renameIntoPlace(temporary, path, options);
  } catch (error) {
    throw writingError(path, error);
  } finally {
    await fs.rm(temporary, { force: true });
    end();
  }
}

/** What is no file keeps no bytes: there is nothing to lose, and somebody waits for them. */
async function writeInto(path: string, bytes: Uint8Array | Iterable<Uint8Array>): Promise<void> {
  const { writeFile } = requireBuiltin('fs/promises', `Writing ${path}`);
  await writeFile(path, bytes).catch((error: unknown) => {
    throw writingError(path, error);
  });
}

/** Bytes that are made while they are written may have errors of their own. */
function writingError(path: string, error: unknown): CycleganError {
  return error instanceof CycleganError ? error : fileError('write', path, error);
}

/** Files that are written and have no name yet. */
const unfinished = new Set<string>();
let guard: () => () => void = () => () => undefined;

/**
 * For whoever owns the process: has `begin` called before a file is written, and what it gives back when that file has its
 * name, or is gone. In between, `removeUnfinished` leaves nothing of it.
 */
export function guardWriting(begin: () => () => void): void {
  guard = begin;
}

/** Before the process ends: removes what has no name yet. */
export function removeUnfinished(): void {
  const { rmSync } = requireBuiltin('fs', 'Removing what is unfinished');
  for (const path of unfinished) rmSync(path, { force: true, recursive: true });
}

/** Has `removeUnfinished` know of a file until it has its name, or is gone: then what this gives back is called. */
export function beginWriting(temporary: string): () => void {
  unfinished.add(temporary);
  const end = guard();
  return () => {
    unfinished.delete(temporary);
    end();
  };
}

type FileHandle = Awaited<ReturnType<typeof import('node:fs/promises')['open']>>;

/** What some file systems answer that cannot sync a file, or know no permissions: nothing better can be had there. */
const CANNOT: readonly unknown[] = ['EINVAL', 'ENOTSUP', 'ENOSYS', 'EISDIR', 'EPERM'];
/** Node's permission model has it that no file is synced, and no flag allows it (seen in 24.22). */
const FORBIDDEN = 'ERR_ACCESS_DENIED';

/** What gets a name must be on the disk: a loss of power would otherwise leave the name without the bytes. */
export async function toDisk(file: Pick<FileHandle, 'sync'>): Promise<void> {
  await file.sync().catch((error: unknown) => {
    if (![...CANNOT, FORBIDDEN].includes(errorCode(error))) throw error;
  });
}

/** The name itself, too. Where folders cannot be opened, as on Windows, the system sees to it. */
async function nameToDisk(path: string): Promise<void> {
  const fs = requireBuiltin('fs/promises', `Writing ${path}`);
  const folder = await fs.open(parentFolder(path), 'r').catch(() => null);
  if (folder === null) return;
  try {
    await toDisk(folder);
  } finally {
    await folder.close();
  }
}

/**
 * Gives a complete file its name, in one step, and sees that the name is on the disk. Without `replace`, a name that is
 * taken is refused.
 * @throws FileError `ERR_FILE_EXISTS`; any other error as the operating system gives it.
 */
export async function renameIntoPlace(
  temporary: string,
  path: string,
  { replace }: { readonly replace: boolean },
): Promise<void> {
  if (replace) await renameOver(temporary, path);
  else await renameToFreeName(temporary, path);
  await nameToDisk(path);
}

/** Those who could not read the file that was there before cannot read this one. */
async function renameOver(temporary: string, path: string): Promise<void> {
  const fs = requireBuiltin('fs/promises', `Writing ${path}`);
  const before = await fs.lstat(path).catch(() => null);
  if (before?.isFile()) {
    await fs.chmod(temporary, before.mode & 0o777).catch((error: unknown) => {
      if (!CANNOT.includes(errorCode(error))) throw error;
    });
  }
  await fs.rename(temporary, path);
}

async function renameToFreeName(temporary: string, path: string): Promise<void> {
  const fs = requireBuiltin('fs/promises', `Writing ${path}`);
  try {
    // A hard link refuses an existing target in the same step that makes it; a rename would not.
    await fs.link(temporary, path);
  } catch (error) {
    if (errorCode(error) === 'EEXIST' || (await isTaken(path))) throw taken(path);
    return claimAndRename(temporary, path);
  }
  await fs.rm(temporary, { force: true });
}

/**
 * For file systems without hard links: an empty file takes the name, which only one can do, and the rename then replaces
 * that one. A copy would stand there half-written for a while.
 */
async function claimAndRename(temporary: string, path: string): Promise<void> {
  const fs = requireBuiltin('fs/promises', `Writing ${path}`);
  const claim = await fs.open(path, 'wx').catch((error: unknown) => {
    throw errorCode(error) === 'EEXIST' ? taken(path) : error;
  });
  const own = identityOf(await claim.stat({ bigint: true }));
  await claim.close();
  try {
    await fs.rename(temporary, path);
  } catch (error) {
    if ((await fileIdentity(path)) === own) await fs.rm(path, { force: true });
    throw error;
  }
}

function taken(path: string): FileError {
  return fileError('write', path, Object.assign(new Error('it exists'), { code: 'EEXIST' }));
}

/** A file that is written piece by piece, and has its name only once it is complete. */
export interface GrowingFile {
  append(text: string): Promise<void>;
  /** Gives it its name. Without `replace`, a file that exists is refused. */
  publish(options: { readonly replace: boolean }): Promise<void>;
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
    // On a disk that is full, closing may fail, too.
    await file.close().catch(() => undefined);
    await fs.rm(temporary, { force: true });
  };
  return {
    append: (text) => said(file.appendFile(text)),
    publish: async ({ replace }) => {
      await said(toDisk(file));
      await said(file.close());
      await said(renameIntoPlace(temporary, path, { replace }));
    },
    discard,
  };
}

/** A name that nothing has: processes of containers often have the same number, and so had some that were ended. */
export function temporaryName(path: string): string {
  return besideName(path, 'tmp');
}

/** The same for what had a path's name, while that is given to something else. */
export function asideName(path: string): string {
  return besideName(path, 'old');
}

function besideName(path: string, kind: 'tmp' | 'old'): string {
  const { basename, dirname, join } = requireBuiltin('path', `Writing ${path}`);
  const token = crypto.randomUUID().slice(0, 8);
  const stem = temporaryStem(basename(path));
  return join(dirname(path), `.${stem}.${globalThis.process.pid}-${token}.cyclegan-${kind}`);
}

const BESIDE = /^\.(.+)\.(\d+)(?:-[\da-f]{8})?\.cyclegan-(tmp|old)$/;

/** What a process that is at work no more has left beside paths of one folder, under names that are made for them. */
export interface Leftover {
  readonly path: string;
  readonly kind: 'temporary' | 'aside';
  readonly isFolder: boolean;
}

const UNREADABLE: readonly unknown[] = ['EACCES', 'EPERM'];

/** All that was left beside paths, which all lie in one folder. */
export async function leftovers(paths: readonly string[]): Promise<Leftover[]> {
  const { readdir } = requireBuiltin('fs/promises', 'Sweeping');
  const { basename, dirname, join } = requireBuiltin('path', 'Sweeping');
  const stems = new Set(paths.map((path) => temporaryStem(basename(path))));
  const folder = dirname(paths[0]);
  if ((await pathKind(folder)) !== 'folder') return [];
  const found: Leftover[] = [];
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    // A folder may be there to be written into, and not to be looked at.
    if (UNREADABLE.includes(errorCode(error))) return [];
    throw fileError('read', folder, error);
  });
  for (const entry of entries) {
    const [, stem, pid, kind] = BESIDE.exec(entry.name) ?? [];
    const path = join(folder, entry.name);
    const isFolder = entry.isDirectory();
    if (!(isFolder || entry.isFile()) || !stems.has(stem) || unfinished.has(path)) continue;
    if (isOthers(Number(pid))) continue;
    found.push({ path, kind: kind === 'tmp' ? 'temporary' : 'aside', isFolder });
  }
  return found;
}

/**
 * Removes what a process that was killed has left of files of these names, all in one folder. Nothing else is touched,
 * whatever its name looks like.
 */
export async function removeStaleTemporaries(paths: readonly string[]): Promise<void> {
  const { rm } = requireBuiltin('fs/promises', 'Sweeping');
  for (const { path, kind, isFolder } of await leftovers(paths)) {
    if (kind === 'temporary' && !isFolder) await rm(path, { force: true });
  }
}

/** A process of that number is at work; what this one is writing is known, so its number is a namesake's. */
function isOthers(pid: number): boolean {
  return pid !== globalThis.process.pid && isAlive(pid);
}

/** Bytes of a name that leave room for what stands around it: file systems take 255. */
const MAX_STEM_BYTES = 210;

/** What a temporary file for a file of that name is called after: the name, or its checksum where it is too long for more. */
function temporaryStem(name: string): string {
  const bytes = utf8Bytes(name);
  return bytes.length <= MAX_STEM_BYTES ? name : `long-${crc32(bytes).toString(16)}`;
}

/** `file`, `folder`, or `null` where there is nothing. Links are followed. */
export async function pathKind(path: string): Promise<'file' | 'folder' | null> {
  const { stat } = requireBuiltin('fs/promises', `Looking for ${path}`);
  return stat(path).then(
    (found) => (found.isDirectory() ? 'folder' : 'file'),
    () => null,
  );
}

/** Why a path has no kind: there is nothing, or it cannot be looked at. */
export async function whyMissing(path: string): Promise<FileError> {
  const { stat } = requireBuiltin('fs/promises', `Looking for ${path}`);
  const cause: unknown = await stat(path).catch((error: unknown) => error);
  const isNothing = !(cause instanceof Error) || errorCode(cause) === 'ENOTDIR';
  const nothing = Object.assign(new Error('there is nothing'), { code: 'ENOENT' });
  return fileError('read', path, isNothing ? nothing : cause);
}

/**
 * Whether anything has that name: a file, a folder, or a link, even one that leads nowhere.
 * @throws FileError where that cannot be told, as of a name that is too long.
 */
export async function isTaken(path: string): Promise<boolean> {
  const { lstat } = requireBuiltin('fs/promises', `Looking for ${path}`);
  return lstat(path).then(
    () => true,
    (error: unknown) => {
      if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return false;
      throw fileError('write', path, error);
    },
  );
}

/** Whether there is a file of that name itself, and no symbolic link to one elsewhere. */
export async function isPlainFile(path: string): Promise<boolean> {
  const { lstat } = requireBuiltin('fs/promises', `Looking for ${path}`);
  return lstat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** Whether it is a file that keeps its bytes, and no pipe or device. */
export async function isRegularFile(path: string): Promise<boolean> {
  const { stat } = requireBuiltin('fs/promises', `Looking for ${path}`);
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** Whether it is there, and neither a file that keeps its bytes nor a folder. Links are followed. */
export async function isPipeOrDevice(path: string): Promise<boolean> {
  return (await pathKind(path)) === 'file' && !(await isRegularFile(path));
}

/** The folder of a file, with all above it, where they are missing. */
export async function makeFolder(file: string): Promise<void> {
  try {
    makeFolders(parentFolder(file));
  } catch (error) {
    throw fileError('write', file, error);
  }
}

/** Where a path leads, links followed as far as there is anything. */
export async function realPath(path: string): Promise<string> {
  const { realpath } = requireBuiltin('fs/promises', `Looking for ${path}`);
  const { basename, join, resolve } = requireBuiltin('path', `Looking for ${path}`);
  const absolute = resolve(path);
  const parent = parentFolder(absolute);
  return realpath(absolute).catch(async () =>
    parent === absolute ? absolute : join(await realPath(parent), basename(absolute)),
  );
}

export function parentFolder(path: string): string {
  return requireBuiltin('path', `Looking for ${path}`).dirname(path);
}

/** The same for all paths that lead to one file; `null` where there is none. */
export async function fileIdentity(path: string): Promise<string | null> {
  const { stat } = requireBuiltin('fs/promises', `Looking for ${path}`);
  return stat(path, { bigint: true }).then(identityOf, () => null);
}

/** The same for what a descriptor leads to; `null` where that is no file that keeps its bytes. */
export function descriptorIdentity(descriptor: number): string | null {
  const { fstatSync } = requireBuiltin('fs', 'A descriptor');
  try {
    const found = fstatSync(descriptor, { bigint: true });
    return found.isFile() ? identityOf(found) : null;
  } catch {
    // It is closed.
    return null;
  }
}

function identityOf({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev}:${ino}`;
}

/** The same for all spellings of a path that lead to one file where upper and lower case, or composed and decomposed letters, are one. */
export function foldPath(path: string): string {
  const { resolve } = requireBuiltin('path', `Looking for ${path}`);
  return resolve(path).normalize('NFD').toUpperCase().toLowerCase().normalize('NFC');
}
