import { signal } from '@preact/signals';
import { formatBytes } from '../../ui/format.js';
import { tell } from '../../ui/notice.js';
import { savedSignal } from '../../ui/saved.js';

/** Models that were dropped are kept in the browser's private file system, until they are forgotten. */

export interface KeptModel {
  readonly name: string;
  readonly bytes: number;
}

/** A file that was kept. */
export interface RestoredModel {
  readonly file: File;
  /** The state dict that was chosen of it; `null`: the one that is found. */
  readonly key: string | null;
}

export const keptModels = signal<readonly KeptModel[]>([]);
/** Whether the browser has promised not to clear them by itself; `null`: it was not asked. */
export const isPersistent = signal<boolean | null>(null);

const FOLDER = 'models';
/** What was used last, and whether there should be a file of it. */
const LAST = 'model';

/** Of files that hold several generators: the one that was chosen. */
const chosenKeys = savedSignal<readonly (readonly [name: string, key: string])[]>(
  'model keys',
  [],
  (kept) => (Array.isArray(kept) ? kept.filter(isChosenKey) : null),
);

function isChosenKey(entry: unknown): entry is readonly [string, string] {
  return Array.isArray(entry) && entry.length === 2 && entry.every((e) => typeof e === 'string');
}

/** The next visit takes that state dict of the file; `null`: the one that is found. */
export function rememberKey(name: string, key: string | null): void {
  const others = chosenKeys.value.filter(([other]) => other !== name);
  chosenKeys.value = key === null ? others : [...others, [name, key]];
}

function restored(file: File): RestoredModel {
  const [, key = null] = chosenKeys.value.find(([name]) => name === file.name) ?? [];
  return { file, key };
}

export async function listKeptModels(): Promise<void> {
  const folder = await modelFolder();
  if (folder !== null) await list(folder);
}

/** The model that was used last; `null` where that was the built-in one. */
export async function restoreModel(): Promise<RestoredModel | null> {
  const last = lastName();
  if (last === null) return null;
  const folder = await modelFolder();
  const file = folder === null ? null : await readModel(folder, last);
  if (file !== null) return restored(file);
  rememberLast(null);
  tell(`${last} is no longer kept: the browser has cleared it to make room. Drop it once more.`, {
    isProblem: true,
  });
  return null;
}

/** Keeps a model for the next visit; where that cannot be done, it is said. */
export async function keepModel(file: File, key: string | null = null): Promise<void> {
  const folder = await modelFolder();
  if (folder === null) {
    tell(`${file.name} is used, but this browser keeps no files: the next visit needs it again.`);
    return;
  }
  try {
    isPersistent.value = (await navigator.storage.persist?.()) ?? false;
    const handle = await folder.getFileHandle(safeName(file.name), { create: true });
    // The file is there as a whole, or not at all: what is written is another one until it is closed.
    const writing = await handle.createWritable();
    await file.stream().pipeTo(writing);
    rememberLast(file.name);
    rememberKey(file.name, key);
  } catch (error) {
    // What was kept under that name before is still whole.
    if ((await readModel(folder, file.name)) === null)
      await folder.removeEntry(safeName(file.name)).catch(() => undefined);
    tell(await reasonNotKept(file, error as Error), { isProblem: true });
  }
  await list(folder);
}

export async function openKept(name: string): Promise<RestoredModel | null> {
  const folder = await modelFolder();
  const file = folder === null ? null : await readModel(folder, name);
  if (file === null) return null;
  rememberLast(name);
  return restored(file);
}

export async function forgetModel(name: string): Promise<void> {
  const folder = await modelFolder();
  await folder?.removeEntry(safeName(name)).catch(() => undefined);
  rememberKey(name, null);
  if (lastName() === name) rememberLast(null);
  if (folder !== null) await list(folder);
}

/** The next visit begins with the built-in model. */
export function rememberLast(name: string | null): void {
  try {
    if (name === null) localStorage.removeItem(LAST);
    else localStorage.setItem(LAST, name);
  } catch {
    // Then the next visit begins with the built-in one.
  }
}

function lastName(): string | null {
  try {
    return localStorage.getItem(LAST);
  } catch {
    return null;
  }
}

async function modelFolder(): Promise<FileSystemDirectoryHandle | null> {
  try {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(FOLDER, { create: true });
  } catch {
    return null;
  }
}

async function list(folder: FileSystemDirectoryHandle): Promise<void> {
  const found: KeptModel[] = [];
  for await (const [name, handle] of folder.entries()) {
    if (handle.kind !== 'file') continue;
    const { size } = await (handle as FileSystemFileHandle).getFile();
    if (size > 0) found.push({ name: decodeURIComponent(name), bytes: size });
  }
  keptModels.value = found.sort((a, b) => a.name.localeCompare(b.name));
}

async function readModel(folder: FileSystemDirectoryHandle, name: string): Promise<File | null> {
  try {
    const kept = await (await folder.getFileHandle(safeName(name))).getFile();
    return kept.size === 0 ? null : new File([kept], name);
  } catch {
    return null;
  }
}

/** A file's name may have signs that the private file system does not take. */
function safeName(name: string): string {
  return encodeURIComponent(name);
}

async function reasonNotKept({ name, size }: File, error: Error): Promise<string> {
  if (error.name !== 'QuotaExceededError') {
    return `${name} is used, but could not be kept: ${error.message}`;
  }
  const { quota = 0, usage = 0 } = await navigator.storage.estimate();
  const free = formatBytes(Math.max(0, quota - usage));
  return `${name} is used, but not kept: it has ${formatBytes(size)}, and the browser leaves ${free} for this page. Forget another model, or free space on the device.`;
}
