// What the figures depend on, and who else uses the machine.
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, loadavg, totalmem } from 'node:os';

/** Instruction sets that matter to kernels. */
const FLAGS = ['sse4_1', 'avx2', 'fma', 'avx512f', 'avx512_vnni', 'avx512_bf16', 'amx_tile'];
/** The kernel counts time in hundredths of a second. */
const TICK_MS = 10;

export function describeMachine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    arch: arch(),
    cores: availableParallelism(),
    flags: cpuFlags(),
    memoryGB: Math.round(totalmem() / 2 ** 30),
    load: loadavg()[0],
  };
}

function cpuFlags() {
  const flags = /^flags\s*:\s*(.*)$/m.exec(readText('/proc/cpuinfo'))?.[1].split(' ') ?? [];
  return FLAGS.filter((flag) => flags.includes(flag));
}

/** Of the cores that this process may use: `0-3,8` are five; where the system does not say which, as many as there are. */
export function coreNumbers() {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readText('/proc/self/status'))?.[1];
  if (list === undefined) return Array.from({ length: availableParallelism() }, (_, i) => i);
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** Milliseconds of processor time that the whole machine has used, and each of its cores by number; `null` where that is not known. */
export function machineTime() {
  const lines = [...readText('/proc/stat').matchAll(/^cpu(\d*) +(.*)$/gm)];
  if (lines.length === 0) return null;
  const times = lines.map(([, core, numbers]) => [core, workingTime(numbers.split(' '))]);
  return {
    all: times[0][1],
    byCore: new Map(times.slice(1).map(([core, time]) => [Number(core), time])),
  };
}

function workingTime(numbers) {
  const [user, nice, system, , , irq, softirq, steal] = numbers.map(Number);
  return TICK_MS * (user + nice + system + irq + softirq + steal);
}

/** The same of one process with its threads. */
export function processTime(pid) {
  // The name, in parentheses, may hold anything.
  const fields = readText(`/proc/${pid}/stat`).split(') ').at(-1).split(' ');
  return fields.length < 13 ? 0 : TICK_MS * (Number(fields[11]) + Number(fields[12]));
}

/** The most memory that a process has held, in bytes; 0 where that is not known. */
export function peakMemory(pid) {
  return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readText(`/proc/${pid}/status`))?.[1] ?? 0);
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
