import { builtin } from './builtin.js';
import { errorCode } from './fileError.js';

/** Whether a process of that number runs; this one counts. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    if (!globalThis.process.kill(pid, 0)) return false;
  } catch (error) {
    // It may be there, but somebody else's.
    if (errorCode(error) !== 'EPERM') return false;
  }
  // A zombie has ended, and keeps its number until its parent asks how.
  return !/^[ZX]$/i.test(processStatus(pid)?.[0] ?? '');
}

/**
 * What Linux tells of a process behind its name, which may hold anything: its state first, its start as the twentieth;
 * `null` where nothing is told.
 *
 * @see proc(5), `/proc/PID/stat`, from field 3 on
 */
export function processStatus(pid: number): readonly string[] | null {
  try {
    const text = builtin('fs')?.readFileSync(`/proc/${pid}/stat`, 'utf8') ?? '';
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}
