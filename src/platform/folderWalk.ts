import type { CycleganError } from '../errors.js';
import { requireBuiltin } from './builtin.js';
import { FileError, fileError } from './fileError.js';
import { isRegularFile, pathKind } from './files.js';
import { escapedName, readName } from './nameBytes.js';

/** A file, or a folder, that is wanted and cannot be had: nothing is known of it but its name. */
export interface Unusable {
  readonly kind: 'file' | 'folder';
  readonly name: string;
  readonly error: CycleganError;
}

/** What lies below a folder. */
export interface Walked {
  /** Of files, with slashes. */
  readonly names: readonly string[];
  readonly unusable: readonly Unusable[];
}

/** Which names a walk is about; both are given with slashes, from the folder where it begins. */
export interface Wanted {
  isFile(name: string): boolean;
  /** Whether what lies in that folder is wanted, too. */
  isFolder(name: string): boolean;
}

/**
 * The files below a folder, sorted. Hidden ones are passed over, and so is what is no file; links to folders are not
 * followed: they could lead round in a circle.
 *
 * @returns Also what is wanted and cannot be had: folders that cannot be read, and names that are not UTF-8, which no path
 * in JavaScript means. They look like others that have U+FFFD in their place.
 * @throws FileError where the folder itself cannot be read.
 */
export async function walkFolder(folder: string, wanted: Wanted): Promise<Walked> {
  const names: string[] = [];
  const unusable: Unusable[] = [];
  const visit = async (below: string): Promise<void> => {
    for (const { text, shown, entry } of await entriesOf(`${folder}/${below}`)) {
      const name = `${below}${text}`;
      const path = pathIn(folder, below + shown);
      const kind = entry.isDirectory() ? 'folder' : 'file';
      const isWanted = kind === 'folder' ? wanted.isFolder(name) : wanted.isFile(name);
      if (text.startsWith('.') || !isWanted) continue;
      if (shown !== text) unusable.push({ kind, name: path, error: notUtf8(path) });
      else if (kind === 'folder') await visit(`${name}/`).catch(noting(path, unusable));
      else if (!(await isNoFile(path, entry))) names.push(name);
    }
  };
  await visit('');
  return { names, unusable };
}

/** For a folder that cannot be read: it is noted, and the walk goes on. */
function noting(name: string, unusable: Unusable[]): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof FileError)) throw error;
    unusable.push({ kind: 'folder', name, error });
  };
}

interface Kind {
  isFile(): boolean;
  isDirectory(): boolean;
}

interface Entry {
  /** U+FFFD stands for bytes that are not UTF-8. */
  readonly text: string;
  /** Differs from `text` where it is not UTF-8. */
  readonly shown: string;
  readonly entry: Kind;
}

async function entriesOf(path: string): Promise<Entry[]> {
  const { readdir } = requireBuiltin('fs/promises', `Looking into ${path}`);
  const options = { withFileTypes: true, encoding: 'buffer' } as const;
  const entries = await readdir(path, options).catch((error: unknown) => {
    throw fileError('read', path.replace(/\/$/, ''), error);
  });
  return entries
    .map((entry) => {
      const { text, isUtf8 } = readName(entry.name);
      return { text, shown: isUtf8 ? text : escapedName(entry.name), entry };
    })
    .sort((a, b) => (a.text < b.text ? -1 : 1));
}

function notUtf8(path: string): FileError {
  return new FileError(
    'ERR_FILE_NAME',
    `${path}: the name is not UTF-8, and such files cannot be opened here; rename it.`,
  );
}

function pathIn(folder: string, name: string): string {
  return requireBuiltin('path', 'Looking for files').join(folder, name);
}

/** Whether it is a pipe, a device or a socket, or a link to one: those are passed over, whatever their names. */
async function isNoFile(path: string, entry: Kind): Promise<boolean> {
  if (entry.isFile() || entry.isDirectory()) return false;
  // A link that leads nowhere is told of when its turn comes.
  return (await pathKind(path)) === 'file' && !(await isRegularFile(path));
}
