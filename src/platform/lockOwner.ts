import { builtin } from './builtin.js';
import { isAlive, processStatus } from './processes.js';

/** Who holds a lock. A number alone does not tell: another process, or another machine, may have the same one. */
export interface LockOwner {
  readonly pid: number;
  /** The machine, since its last start, and the processes that see each other there. */
  readonly place: string;
  /** When the process began, in ticks of its machine's clock; `null` where that is not told. */
  readonly start: string | null;
  /** Not the same for any two locks. */
  readonly token: string;
}

/** A lock of another machine, or one that nothing tells of, counts no more when it was not touched for so long. */
const FOREIGN_MS = 60_000;
/** The same for one whose process runs, where nothing tells that it is still the one that took it. */
const UNTOLD_MS = 600_000;

export function thisOwner(): LockOwner {
  return {
    pid: globalThis.process.pid,
    place: thisPlace(),
    start: startOf(globalThis.process.pid),
    token: crypto.randomUUID(),
  };
}

/**
 * Whether who holds a lock can still be at work. The number alone is what earlier versions wrote.
 * @param text What the lock says.
 * @param age How long ago it was last touched, in milliseconds.
 */
export function isHeld(text: string, age: number): boolean {
  const owner = parseOwner(text);
  if (owner === null) {
    if (!/^\d+$/.test(text)) return age < FOREIGN_MS;
    return Number(text) !== globalThis.process.pid && isAlive(Number(text));
  }
  if (owner.place !== thisPlace()) return age < FOREIGN_MS;
  if (!isAlive(owner.pid)) return false;
  const start = startOf(owner.pid);
  if (start === null || owner.start === null) return age < UNTOLD_MS;
  return start === owner.start;
}

/** Whether it is what a lock says, or the beginning of that: where there are no links, a process can be ended as it writes one. */
export function isLockText(text: string): boolean {
  const begin = '{"pid":';
  return /^\d*$/.test(text) || text.startsWith(begin) || begin.startsWith(text);
}

/** For people. */
export function describeOwner(text: string): string {
  const owner = parseOwner(text);
  const pid = owner?.pid ?? (/^\d+$/.test(text) ? text : null);
  if (pid === null) return 'Another process';
  if (owner === null || owner.place === thisPlace()) return `Process ${pid}`;
  return `Process ${pid} of ${owner.place.split(' ')[0]}`;
}

export function parseOwner(text: string): LockOwner | null {
  try {
    const { pid, place, start, token } = JSON.parse(text) as Record<string, unknown>;
    const isOwner =
      typeof pid === 'number' &&
      typeof place === 'string' &&
      (start === null || typeof start === 'string') &&
      typeof token === 'string' &&
      /^[\w-]{1,64}$/.test(token);
    return isOwner ? { pid, place, start, token } : null;
  } catch {
    // The number of an earlier version, or a text that was cut off.
    return null;
  }
}

/** Name, start and process namespace: containers number their processes anew. */
export function thisPlace(): string {
  const fs = builtin('fs');
  const told = (read: () => string): string => {
    try {
      return read().trim();
    } catch {
      return '-';
    }
  };
  return [
    told(() => builtin('os')?.hostname() ?? '-'),
    told(() => fs?.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8') ?? '-'),
    told(() => fs?.readlinkSync('/proc/self/ns/pid') ?? '-'),
  ].join(' ');
}

/** When a process began, in ticks since its machine's start. */
function startOf(pid: number): string | null {
  return processStatus(pid)?.[19] ?? null;
}
