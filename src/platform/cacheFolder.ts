import { builtin } from './builtin.js';

/** Names another folder for what can be made again, or turns it off when it is empty. */
const CACHE_VARIABLE = 'CYCLEGAN_CACHE';

/** The user's folder for this program's cache, by the platform's habit; `null` where there is none. */
export function cacheFolder(): string | null {
  const os = builtin('os');
  const path = builtin('path');
  if (os === null || path === null) return null;
  const named = process.env[CACHE_VARIABLE];
  if (named !== undefined) return named === '' ? null : named;
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (XDG_CACHE_HOME) return path.join(XDG_CACHE_HOME, 'cyclegan-ts');
  if (process.platform === 'win32' && LOCALAPPDATA) {
    return path.join(LOCALAPPDATA, 'cyclegan-ts', 'cache');
  }
  const habit = process.platform === 'darwin' ? 'Library/Caches' : '.cache';
  return path.join(os.homedir(), habit, 'cyclegan-ts');
}

/** What was kept under that name, or `null`. */
export function readCached(name: string): unknown {
  const folder = cacheFolder();
  const fs = builtin('fs');
  if (folder === null || fs === null) return null;
  try {
    return JSON.parse(fs.readFileSync(`${folder}/${name}.json`, 'utf8'));
  } catch {
    // Nothing there, or nothing of ours: it is made again.
    return null;
  }
}

/** Keeps a value for later processes, as far as that is possible: without a cache, all works as well. */
export function writeCached(name: string, value: unknown): void {
  const folder = cacheFolder();
  const fs = builtin('fs');
  if (folder === null || fs === null) return;
  const file = `${folder}/${name}.json`;
  const temporary = `${file}.${process.pid}.cyclegan-tmp`;
  try {
    fs.mkdirSync(folder, { recursive: true });
  } catch {
    return;
  }
  try {
    fs.writeFileSync(temporary, JSON.stringify(value), { flag: 'wx' });
    fs.renameSync(temporary, file);
  } catch {
    fs.rmSync(temporary, { force: true });
  }
}
