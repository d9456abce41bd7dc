import { builtin, requireBuiltin } from './builtin.js';
import { makeFolders } from './folders.js';
import { isAlive } from './processes.js';
import { textOf, utf8Bytes } from './text.js';

/** Names another folder for what can be made again, or turns it off when it is empty. */
const CACHE_VARIABLE = 'CYCLEGAN_CACHE';

/** Set when the command is built, to something that changes with the code; a library keeps nothing on disk. */
declare const CYCLEGAN_BUILD: string | undefined;

/** What is kept about machines: each name begins with one of these. */
const KINDS = ['code', 'tile', 'gpu'] as const;

/**
 * A name for what holds for this build, this kind of processor and this very Node only, and for what else is said.
 * @returns `null` where nothing is kept.
 */
export function cacheKey(kind: (typeof KINDS)[number], parts: readonly unknown[]): string | null {
  const os = builtin('os');
  const fs = builtin('fs');
  if (typeof CYCLEGAN_BUILD === 'undefined' || os === null || fs === null) return null;
  // Two builds of one version, as distributions make them, may differ inside.
  const node = fs.statSync(globalThis.process.execPath, { throwIfNoEntry: false })?.size;
  const all = [...parts, os.arch(), globalThis.process.versions.v8, node, CYCLEGAN_BUILD];
  return `${kind}-${all.join('-').replace(/[^\w.+]+/g, '-')}`;
}

/** The user's folder for this program's cache, by the platform's habit; `null` where there is none. */
export function cacheFolder(): string | null {
  const os = builtin('os');
  const path = builtin('path');
  if (os === null || path === null) return null;
  const named = globalThis.process.env[CACHE_VARIABLE];
  if (named !== undefined) return named === '' ? null : named;
  const { XDG_CACHE_HOME, LOCALAPPDATA } = globalThis.process.env;
  if (XDG_CACHE_HOME) return path.join(XDG_CACHE_HOME, 'cyclegan-ts');
  if (globalThis.process.platform === 'win32' && LOCALAPPDATA) {
    return path.join(LOCALAPPDATA, 'cyclegan-ts', 'cache');
  }
  const habit = globalThis.process.platform === 'darwin' ? 'Library/Caches' : '.cache';
  return path.join(os.homedir(), habit, 'cyclegan-ts');
}

/** What was kept under that name, or `null`. */
export function readCached(name: string): unknown {
  const bytes = readCachedBytes(`${name}.json`);
  try {
    return bytes === null ? null : JSON.parse(textOf(bytes));
  } catch {
    // Nothing of ours: it is made again.
    return null;
  }
}

/** Keeps a value for later processes, as far as that is possible: without a cache, all works as well. */
export function writeCached(name: string, value: unknown): void {
  writeCachedBytes(`${name}.json`, utf8Bytes(JSON.stringify(value)));
}

/**
 * The bytes of a file of the cache, or `null`; also where somebody else could have written it, since machine code that is
 * found is run.
 */
export function readCachedBytes(name: string): Uint8Array<ArrayBuffer> | null {
  const folder = cacheFolder();
  const fs = builtin('fs');
  if (folder === null || fs === null) return null;
  let file: number;
  try {
    file = fs.openSync(`${folder}/${name}`, 'r');
  } catch {
    return null;
  }
  try {
    return isOwn(fs.fstatSync(file)) ? new Uint8Array(fs.readFileSync(file)) : null;
  } catch {
    return null;
  } finally {
    fs.closeSync(file);
  }
}

/** Whether a file belongs to this user and nobody else may write to it. Windows keeps others out of the user's folders. */
function isOwn({ uid, mode }: { readonly uid: number; readonly mode: number }): boolean {
  const user = globalThis.process.geteuid?.();
  return user === undefined || (uid === user && (mode & 0o022) === 0);
}

/**
 * Keeps bytes for later processes, as far as that is possible.
 * @param family Which files are kept, at most so many of them: the oldest go, if their names are of `cacheKey`.
 */
export function writeCachedBytes(
  name: string,
  bytes: Uint8Array,
  family?: { readonly prefix: string; readonly most: number },
): void {
  const folder = cacheFolder();
  const fs = builtin('fs');
  if (folder === null || fs === null) return;
  const file = `${folder}/${name}`;
  const temporary = `${file}.${globalThis.process.pid}.cyclegan-tmp`;
  try {
    makeFolders(folder);
  } catch {
    return;
  }
  try {
    fs.writeFileSync(temporary, bytes, { flag: 'wx', mode: 0o600, flush: true });
    fs.renameSync(temporary, file);
    if (family !== undefined) removeOldest(folder, family);
  } catch {
    removeQuietly(temporary);
  }
}

function removeQuietly(file: string): void {
  try {
    requireBuiltin('fs', 'A cache').rmSync(file, { force: true });
  } catch {
    // Nothing can be changed there: so nothing was made, either.
  }
}

/** What was found out about machines, for whichever build: it is found out again when it is needed. */
export interface MachineNotes {
  readonly files: number;
  readonly bytes: number;
}

/** How much of it there is. */
export function machineNotes(): MachineNotes {
  const fs = builtin('fs');
  const sizes = fs === null ? [] : machineFiles().map((file) => fs.statSync(file).size);
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** Removes it. @returns What there was. */
export function removeMachineNotes(): MachineNotes {
  const notes = machineNotes();
  for (const file of machineFiles()) removeQuietly(file);
  return notes;
}

function machineFiles(): string[] {
  const folder = cacheFolder();
  const fs = builtin('fs');
  if (folder === null || fs === null || !fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && isOfCacheKey(entry.name.replace(/\.json$/, '')))
    .map(({ name }) => `${folder}/${name}`);
}

function isOfCacheKey(name: string): boolean {
  return KINDS.some((kind) => name.startsWith(`${kind}-`)) && DIGEST.test(name);
}

/** Ends a name of `cacheKey`: the folder may hold other files, which are not this program's to remove. */
const DIGEST = /-[\da-f]{16}$/;
/** What a process that was ended has left. */
const TEMPORARY = /-[\da-f]{16}\.(\d+)\.cyclegan-tmp$/;

function removeOldest(
  folder: string,
  { prefix, most }: { readonly prefix: string; readonly most: number },
): void {
  const fs = requireBuiltin('fs', 'A cache');
  const own = fs.readdirSync(folder).filter((name) => name.startsWith(prefix));
  const files = own
    .filter((name) => DIGEST.test(name))
    .map((name) => ({ file: `${folder}/${name}`, time: fs.statSync(`${folder}/${name}`).mtimeMs }))
    .sort((a, b) => b.time - a.time);
  for (const { file } of files.slice(most)) fs.rmSync(file, { force: true });
  for (const name of own) {
    const pid = TEMPORARY.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) fs.rmSync(`${folder}/${name}`, { force: true });
  }
}
