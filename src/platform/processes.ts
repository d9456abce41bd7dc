import { errorCode } from './fileError.js';

/** Whether a process of that number runs; this one counts. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It is there, but somebody else's.
    return errorCode(error) === 'EPERM';
  }
}
