import { isWebAddress } from '../../platform/address.js';
import { requireBuiltin } from '../../platform/builtin.js';
import {
  foldPath,
  isTaken,
  parentFolder,
  pathKind,
  realPath,
  temporaryStem,
} from '../../platform/files.js';
import { isAlive } from '../../platform/processes.js';
import { Originals } from '../originals.js';
import { UsageError } from '../usage.js';
import type { Input } from './inputs.js';

/** The page that compares inputs and outputs, beside the outputs. */
export const GALLERY_NAME = 'index.html';

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
  const { join } = requireBuiltin('path', 'Naming outputs');
  const ending = folder === null ? `.cyclegan${extension}` : extension;
  const place = ({ path, relative }: Input) => {
    if (folder !== null) return join(folder, relative);
    // Beside an address there is no place: such outputs lie in the current folder.
    return isWebAddress(path) ? relative : path;
  };
  const bare = inputs.map((input) => place(input).replace(/\.[^./\\]+$/, ''));
  const uses = countAlike(bare);
  const taken = new Set<string>();
  return inputs.map((input, i) => {
    const alone = uses.get(foldPath(bare[i])) === 1;
    const name = alone ? bare[i] : place(input);
    let output = `${name}${ending}`;
    for (let n = 2; taken.has(foldPath(output)); n++) output = `${name}-${n}${ending}`;
    taken.add(foldPath(output));
    return { input, output };
  });
}

function countAlike(names: readonly string[]): Map<string, number> {
  const uses = new Map<string, number>();
  for (const name of names) uses.set(foldPath(name), (uses.get(foldPath(name)) ?? 0) + 1);
  return uses;
}

/** Those whose output is there: it was written as a whole, for files get their name when they are complete. */
export async function finishedJobs(jobs: readonly Job[]): Promise<Set<Job>> {
  const kinds = await Promise.all(jobs.map(({ output }) => pathKind(output)));
  return new Set(jobs.filter((_, i) => kinds[i] !== null));
}

/** Those whose output would need a name that something has, be it a link that leads nowhere. */
export async function blockedJobs(jobs: readonly Job[]): Promise<readonly Job[]> {
  const taken = await Promise.all(jobs.map(({ output }) => isTaken(output)));
  return jobs.filter((_, i) => taken[i]);
}

/**
 * Outputs must not be files that the run reads, whatever their names.
 * @param weights Where the network comes from; what is no file is no output either.
 * @throws UsageError, before anything is written.
 */
export async function refuseInputsAsOutputs(
  jobs: readonly Job[],
  weights: string | null,
): Promise<void> {
  const read = jobs.map(({ input }) => input.path);
  const originals = await Originals.of(weights === null ? read : [...read, weights]);
  for (const { output } of jobs) {
    if (await originals.include(output)) {
      throw new UsageError(`${output}: an output would replace an input; name another folder.`);
    }
  }
}

/** The outputs of one run. Links between their folders can make two of them one file: then only the first may replace it. */
export class OwnOutputs {
  readonly #replace: boolean;
  readonly #written = new Map<string, Promise<unknown>>();

  constructor(replace: boolean) {
    this.#replace = replace;
  }

  /** @param action Writes the output, whose folder exists; what was there may be replaced, or not. */
  async write<T>(path: string, action: (replace: boolean) => Promise<T>): Promise<T> {
    const { basename, join } = requireBuiltin('path', `Writing ${path}`);
    const place = foldPath(join(await realPath(parentFolder(path)), basename(path)));
    const earlier = this.#written.get(place);
    const result =
      earlier === undefined ? action(this.#replace) : earlier.then(() => action(false));
    this.#written.set(
      place,
      result.catch(() => undefined),
    );
    return result;
  }
}

const TEMPORARY = /^\.(.+)\.(\d+)(?:-[\da-f]{8})?\.cyclegan-tmp$/;

/** A process of that number is at work; this one has written nothing yet, so its number is a namesake's. */
function isOthers(pid: number): boolean {
  return pid !== process.pid && isAlive(pid);
}

/**
 * Removes what a process that was killed has left of these outputs, and of their gallery. Nothing else is touched, whatever
 * its name looks like.
 */
export async function removeStaleTemp(jobs: readonly Job[]): Promise<void> {
  const { readdir, rm } = requireBuiltin('fs/promises', 'Sweeping');
  const { basename, dirname, join } = requireBuiltin('path', 'Sweeping');
  const folders = new Map<string, Set<string>>();
  for (const { output } of jobs) {
    const names = folders.get(dirname(output)) ?? new Set([GALLERY_NAME]);
    folders.set(dirname(output), names.add(temporaryStem(basename(output))));
  }
  for (const [folder, names] of folders) {
    if ((await pathKind(folder)) !== 'folder') continue;
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const [, name, pid] = TEMPORARY.exec(entry.name) ?? [];
      if (!entry.isFile() || !names.has(name) || isOthers(Number(pid))) continue;
      await rm(join(folder, entry.name), { force: true });
    }
  }
}
