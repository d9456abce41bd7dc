import { builtin } from './builtin.js';

/**
 * Cores that this process may use: physical ones, since two threads of one core share its arithmetic,
 * no more than its affinity mask and its container's quota allow. In a browser, what the browser says.
 */
export function availableCores(): number {
  const os = builtin('os');
  const known = os === null ? null : permitted(() => os.availableParallelism());
  if (known === null) return Math.max(1, globalThis.navigator?.hardwareConcurrency ?? 1);
  const limits = [known, physicalCores(), containerQuota()];
  return Math.max(1, Math.floor(Math.min(...limits)));
}

/** What the processor calls itself; `null` where that is not told. */
export function processorName(): string | null {
  return permitted(() => builtin('os')?.cpus()[0]?.model ?? null);
}

/** `null` where the runtime asks for a permission that it was not given. */
function permitted<T>(ask: () => T): T | null {
  try {
    return ask();
  } catch {
    return null;
  }
}

/** Bytes of a core's second cache, where Linux says so. */
export function secondCache(): number | null {
  const [, number, unit] =
    /^(\d+)([KM])/.exec(readText('/sys/devices/system/cpu/cpu0/cache/index2/size')) ?? [];
  return number === undefined ? null : Number(number) * (unit === 'K' ? 1024 : 1024 ** 2);
}

/** Pairs of socket and core in Linux's list; elsewhere unknown, which is no limit. */
function physicalCores(): number {
  const text = readText('/proc/cpuinfo');
  const cores = new Set<string>();
  for (const block of text.split('\n\n')) {
    const socket = /^physical id\s*:\s*(\d+)/m.exec(block)?.[1];
    const core = /^core id\s*:\s*(\d+)/m.exec(block)?.[1];
    if (core !== undefined) cores.add(`${socket} ${core}`);
  }
  return cores.size > 0 ? cores.size : Number.POSITIVE_INFINITY;
}

/** Cores' worth of time that a control group grants (version 2, then 1). */
function containerQuota(): number {
  const [quota, period] = readText('/sys/fs/cgroup/cpu.max').split(/\s+/).map(Number);
  if (quota > 0 && period > 0) return quota / period;
  const old = Number(readText('/sys/fs/cgroup/cpu/cpu.cfs_quota_us'));
  const oldPeriod = Number(readText('/sys/fs/cgroup/cpu/cpu.cfs_period_us'));
  return old > 0 && oldPeriod > 0 ? old / oldPeriod : Number.POSITIVE_INFINITY;
}

function readText(path: string): string {
  try {
    return builtin('fs')?.readFileSync(path, 'utf8') ?? '';
  } catch {
    return '';
  }
}
