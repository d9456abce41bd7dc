import { requireBuiltin } from '../../platform/builtin.js';
import { fileIdentity, pathKind } from '../../platform/files.js';
import { isAlive } from '../../platform/processes.js';
import { UsageError } from '../usage.js';
import type { Input } from './inputs.js';

/** A picture and where its translation goes. */
export interface Job {
  readonly input: Input;
  readonly output: string;
}

export interface OutputPlan {
  /** The folder for all of them, where each lies as its input does below what named it; `null`: beside the inputs. */
  readonly folder: string | null;
  /** `.png` or `.jpg`. */
  readonly extension: string;
}

/**
 * A name for every output, no two alike (not even where upper and lower case are one): where two inputs differ in their
 * extension alone, both keep it, and what is still alike is numbered. The same inputs give the same names.
 */
export function planOutputs(inputs: readonly Input[], { folder, extension }: OutputPlan): Job[] {
  const { join, resolve } = requireBuiltin('path', 'Naming outputs');
  const ending = folder === null ? `.cyclegan${extension}` : extension;
  const place = ({ path, relative }: Input) => (folder === null ? path : join(folder, relative));
  const bare = inputs.map((input) => place(input).replace(/\.[^./\\]+$/, ''));
  const uses = countAlike(bare);
  const taken = new Set<string>();
  return inputs.map((input, i) => {
    const alone = uses.get(fold(bare[i])) === 1;
    const name = alone ? bare[i] : place(input);
    let output = `${name}${ending}`;
    for (let n = 2; taken.has(fold(resolve(output))); n++) output = `${name}-${n}${ending}`;
    taken.add(fold(resolve(output)));
    return { input, output };
  });
}

function countAlike(names: readonly string[]): Map<string, number> {
  const uses = new Map<string, number>();
  for (const name of names) uses.set(fold(name), (uses.get(fold(name)) ?? 0) + 1);
  return uses;
}

function fold(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/** Those whose output is there: it was written as a whole, for files get their name when they are complete. */
export async function finishedJobs(jobs: readonly Job[]): Promise<Set<Job>> {
  const kinds = await Promise.all(jobs.map(({ output }) => pathKind(output)));
  return new Set(jobs.filter((_, i) => kinds[i] !== null));
}

/**
 * Outputs must not be inputs, whatever their names: through links, or on a disk where upper and lower case are one.
 * @throws UsageError, before anything is written.
 */
export async function refuseInputsAsOutputs(jobs: readonly Job[]): Promise<void> {
  const inputs = new Set(await Promise.all(jobs.map(({ input }) => fileIdentity(input.path))));
  for (const { output } of jobs) {
    const identity = await fileIdentity(output);
    if (identity !== null && inputs.has(identity)) {
      throw new UsageError(`${output}: an output would replace an input; name another folder.`);
    }
  }
}

const TEMPORARY = /^\..+\.(\d+)\.cyclegan-tmp$/;

/** A process of that number is at work; this one has written nothing yet, so its number is a namesake's. */
function isOthers(pid: number): boolean {
  return pid !== process.pid && isAlive(pid);
}

/** Removes what a process that was killed has left in the folders of the outputs. */
export async function sweep(jobs: readonly Job[]): Promise<void> {
  const { readdir, rm } = requireBuiltin('fs/promises', 'Sweeping');
  const { dirname, join } = requireBuiltin('path', 'Sweeping');
  for (const folder of new Set(jobs.map(({ output }) => dirname(output)))) {
    if ((await pathKind(folder)) !== 'folder') continue;
    for (const name of await readdir(folder)) {
      const pid = TEMPORARY.exec(name)?.[1];
      if (pid !== undefined && !isOthers(Number(pid)))
        await rm(join(folder, name), { force: true });
    }
  }
}
