import type { FolderStore } from './store/folderStore.js';

/** What jobs of a queue need: none of it is removed, however old it is. */
export interface InUse {
  /** Of the store: pictures and weights. */
  readonly keys: ReadonlySet<string>;
  /** Of jobs. */
  readonly ids: ReadonlySet<string>;
}

/** In its folders of two letters, or, for places, in the folders of jobs in those. */
const FOLDERS = [
  { name: 'results', depth: 1 },
  { name: 'reports', depth: 1 },
  { name: 'pictures', depth: 1 },
  { name: 'weights', depth: 1 },
  { name: 'places', depth: 2 },
] as const;
/** Names that submitters and workers give: other files there are not the store's. */
const OURS =
  /^(?:(?:results|reports|pictures|weights)\/([\da-f]{2})\/(\1[\da-f]{62})(?:\.[a-z]{3,4})?|places\/([\da-f]{2})\/(\3[\da-f]{62})\/[\da-f]{16}\.json)$/;
const UNFINISHED = /\/\.[^/]+\.\d+-[\da-f]{8}\.cyclegan-tmp$/;
/** A file that was begun so long ago will not be completed: its writer was killed. */
const UNFINISHED_MS = 86_400_000;
/** Workers that share a store leave it to the first of them, so often. */
const SWEEP_MS = 6 * 3_600_000;
/** When that was last, and by its own date what time it is where the store is. */
const STAMP = 'reports/swept';

/**
 * Removes from a shared folder what has lain there for longer than `keepMs`, and what killed processes have left half-written. Files that users
 * have put there, and what jobs need, stay. Nothing happens where that was done in the last six hours.
 * @param inUse Asked when there is something to do.
 * @returns How many files were removed.
 */
export async function sweepStore(
  store: FolderStore,
  keepMs: number,
  inUse: () => Promise<InUse>,
): Promise<number> {
  const last = await store.modified(STAMP);
  if (last !== null && Date.now() - last < SWEEP_MS) return 0;
  // What comes into use from here on is new, or renewed.
  const needed = await inUse();
  await store.write(STAMP, new Uint8Array());
  const now = (await store.modified(STAMP)) ?? Date.now();
  let removed = 0;
  for (const { name, depth } of FOLDERS) {
    for await (const key of keysBelow(store, name, depth)) {
      const most = maxAge(key, keepMs, needed);
      if (most === null) continue;
      const modified = await store.modified(key);
      if (modified === null || now - modified <= most) continue;
      await store.remove(key);
      removed++;
    }
  }
  for await (const folder of keysBelow(store, 'places', 1)) {
    const id = folder.slice(folder.lastIndexOf('/') + 1);
    if (isFolderOfOurs(folder) && !needed.ids.has(id))
      await store.removeEmpty(folder, now - keepMs);
  }
  return removed;
}

/** In milliseconds; `null` for what stays. */
function maxAge(key: string, keepMs: number, { keys, ids }: InUse): number | null {
  if (UNFINISHED.test(key)) return UNFINISHED_MS;
  const [, , hash, , job] = OURS.exec(key) ?? [];
  const id = hash ?? job;
  return id === undefined || keys.has(key) || ids.has(id) ? null : keepMs;
}

async function* keysBelow(
  store: FolderStore,
  folder: string,
  depth: number,
): AsyncGenerator<string> {
  for (const key of await store.list(folder)) {
    if (depth === 0) yield key;
    else if (isFolderOfOurs(key)) yield* keysBelow(store, key, depth - 1);
  }
}

function isFolderOfOurs(key: string): boolean {
  return /\/([\da-f]{2}|[\da-f]{64})$/.test(key);
}
