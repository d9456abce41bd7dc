import { builtin } from './builtin.js';

/**
 * How many bytes of addresses this process may use, where that is limited (`ulimit -v`) and the system tells; else `null`.
 * @see proc(5), `/proc/PID/limits`
 */
export function addressSpaceLimit(): number | null {
  try {
    const limits = builtin('fs')?.readFileSync('/proc/self/limits', 'utf8') ?? '';
    const soft = /^Max address space\s+(\d+)/m.exec(limits)?.[1];
    return soft === undefined ? null : Number(soft);
  } catch {
    // Another system: what it allows is not told.
    return null;
  }
}
