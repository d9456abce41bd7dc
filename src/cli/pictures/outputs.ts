import type { CycleganError } from '../../errors.js';
import { isWebAddress } from '../../platform/address.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { FileError } from '../../platform/fileError.js';
import {
  foldPath,
  isRegularFile,
  isTaken,
  parentFolder,
  realPath,
  removeStaleTemporaries,
} from '../../platform/files.js';
import type { Unusable } from '../../platform/folderWalk.js';
import { prefetchMap } from '../../platform/prefetchMap.js';
import { nameOutputs } from '../../translate/outputNames.js';
import { Originals } from '../originals.js';
import { UsageError } from '../usage.js';
import type { Input } from './inputs.js';
import { reportable } from './outcome.js';

/** The page that compares inputs and outputs, beside the outputs. */
export const GALLERY_NAME = 'index.html';

/** Of outputs that lie beside their inputs. */
export const DEFAULT_SUFFIX = '.cyclegan';

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
  /** Before the extension. Default: `.cyclegan` beside inputs, nothing in a folder. */
  readonly suffix?: string | null;
}

/**
 * A name for every output, no two alike (not even where upper and lower case are one): where two inputs differ in their
 * extension alone, both keep it, and what is still alike is numbered. The same inputs give the same names.
 */
export function planOutputs(
  inputs: readonly Input[],
  { folder, extension, suffix }: OutputPlan,
): Job[] {
  const { join } = requireBuiltin('path', 'Naming outputs');
  const ending = `${suffix ?? (folder === null ? DEFAULT_SUFFIX : '')}${extension}`;
  const place = ({ path, relative }: Input) => {
    if (folder !== null) return join(folder, relative);
    // Beside an address there is no place: such outputs lie in the current folder.
    return isWebAddress(path) ? relative : path;
  };
  const outputs = nameOutputs(inputs.map(place), ending, foldPath);
  return inputs.map((input, i) => ({ input, output: outputs[i] }));
}

/** Those whose output is there: it was written as a whole, for files get their name when they are complete. */
export async function finishedJobs(jobs: readonly Job[]): Promise<Set<Job>> {
  const finished = await Promise.all(jobs.map(({ output }) => isRegularFile(output)));
  return new Set(jobs.filter((_, i) => finished[i]));
}

/** What is found where outputs are to lie. */
export interface FoundOutputs {
  /** Jobs whose output can be written, as far as its name tells. */
  readonly jobs: readonly Job[];
  /** Those of them whose output has a name that something has, be it a link that leads nowhere. */
  readonly blocked: readonly Job[];
  readonly unusable: readonly Unusable[];
}

/** Looks at what has the outputs' names. */
export async function lookForOutputs(planned: readonly Job[]): Promise<FoundOutputs> {
  const jobs: Job[] = [];
  const blocked: Job[] = [];
  const unusable: Unusable[] = [];
  for await (const outcome of prefetchMap(planned, 16, ({ output }) => isTaken(output))) {
    const { item } = outcome;
    if ('result' in outcome) {
      jobs.push(item);
      if (outcome.result) blocked.push(item);
    } else {
      const hint = 'With -o FOLDER, an output is called as its input is.';
      const error = withNameHint(reportable(outcome.error), hint);
      unusable.push({ kind: 'file', name: item.input.path, error });
    }
  }
  return { jobs, blocked, unusable };
}

/** Where a name was made up, the user can have another. */
export function withNameHint(error: CycleganError, hint: string): CycleganError {
  if (error.code !== 'ERR_FILE_NAME') return error;
  return new FileError(error.code, `${error.message} ${hint}`, { cause: error });
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
  const { unusable } = await sparingInputs(jobs, weights);
  for (const { error } of unusable) throw error;
}

/** Jobs whose outputs are no files that the run reads, and why the others cannot be done. */
export async function sparingInputs(
  jobs: readonly Job[],
  weights: string | null,
): Promise<{ readonly jobs: readonly Job[]; readonly unusable: readonly Unusable[] }> {
  const read = jobs.map(({ input }) => input.path);
  const originals = await Originals.of(weights === null ? read : [...read, weights]);
  const unusable: Unusable[] = [];
  const usable: Job[] = [];
  for (const job of jobs) {
    if (!(await originals.include(job.output))) usable.push(job);
    else {
      const message = `${job.output}: an output would replace an input; name another folder.`;
      unusable.push({ kind: 'file', name: job.input.path, error: new UsageError(message) });
    }
  }
  return { jobs: usable, unusable };
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

/** Removes what a process that was killed has left of these outputs, and of their gallery. */
export async function removeStaleTemp<T extends Pick<Job, 'output'>>(
  jobs: readonly T[],
): Promise<void> {
  const { dirname, join } = requireBuiltin('path', 'Sweeping');
  const folders = new Map<string, string[]>();
  for (const { output } of jobs) {
    const folder = dirname(output);
    const paths = folders.get(folder) ?? [join(folder, GALLERY_NAME)];
    paths.push(output);
    folders.set(folder, paths);
  }
  for (const paths of folders.values()) await removeStaleTemporaries(paths);
}
