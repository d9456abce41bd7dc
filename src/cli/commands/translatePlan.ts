import { checkImageName } from '../../image/formats.js';
import { ImageError } from '../../image/picture.js';
import { isWebAddress } from '../../platform/address.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { FileError } from '../../platform/fileError.js';
import { foldPath, isRegularFile, isTaken, pathKind } from '../../platform/files.js';
import { addressFileName } from '../addresses.js';
import type { ReplaceGallery } from '../gallery/galleryFile.js';
import { checkOutputFile, mayReplace, refuseInputAsOutput } from '../originals.js';
import { type FoundInputs, findInputs } from '../pictures/inputs.js';
import {
  blockedJobs,
  finishedJobs,
  type Job,
  planOutputs,
  refuseInputsAsOutputs,
} from '../pictures/outputs.js';
import type { TranslateRequest } from '../requests/translate.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage.js';
import { type ManyNames, type OneName, refuseMissing, STANDARD } from './translateNames.js';

/** What a run may write is settled here, before any work begins; nothing is written yet. */

export interface OnePlan {
  readonly input: string;
  readonly output: string;
  /** Whether a file of the output's name may be replaced. */
  readonly replace: boolean;
}

export interface ManyPlan {
  /** All pictures, those that are done among them. */
  readonly jobs: readonly Job[];
  /** What is to do. */
  readonly left: readonly Job[];
  /** Where outputs go; `null`: beside their inputs. */
  readonly folder: string | null;
  /** Whether files of the outputs' names may be replaced. */
  readonly replace: boolean;
  readonly replaceGallery: ReplaceGallery;
}

/** What of a request decides about files. */
export type PlanRequest = Pick<TranslateRequest, 'extension' | 'existing' | 'recursive'> & {
  readonly weights: Pick<TranslateRequest['weights'], 'source'>;
};

/**
 * @returns `null` where the output is there, and is to be left alone.
 * @throws UsageError or FileError for an output that must not, or cannot, be written.
 */
export async function planOne(
  { input, output: named }: OneName,
  request: PlanRequest,
  terminal: Terminal,
): Promise<OnePlan | null> {
  const output = named?.path ?? madeUpName(input, request.extension);
  const { force, resume, noClobber } = request.existing;
  if (resume && (await pathKind(output)) === 'file') {
    terminal.say(`${output}: is there already.`);
    return null;
  }
  // A shell's `<` makes a file standard input, and `>>` one standard output.
  const reads = [input === STANDARD ? '/dev/stdin' : input, request.weights.source ?? undefined];
  if (output === STANDARD) {
    if (await isRegularFile('/dev/stdout')) await refuseInputAsOutput('/dev/stdout', reads);
    return { input, output, replace: false };
  }
  try {
    checkImageName(output);
  } catch (error) {
    throw error instanceof ImageError ? new UsageError(error.message) : error;
  }
  if (input !== STANDARD) await refuseMissing(input);
  await checkOutputFile(output, reads);
  if (noClobber) {
    if (await isTaken(output)) throw exists(output, 'name another file');
    return { input, output, replace: false };
  }
  if (named?.by === 'option') return { input, output, replace: true };
  if (named?.by === 'place') {
    const both = input === STANDARD ? '' : '; `-o FOLDER` translates both';
    const remedies = `\`-o ${output}\` or \`--force\` replaces it${both}`;
    return { input, output, replace: await mayReplace(output, { force, remedies }, terminal) };
  }
  if (!force && (await isTaken(output))) {
    throw exists(output, '--resume leaves it, --force replaces it, -o names another file');
  }
  return { input, output, replace: force };
}

/** @throws UsageError for what the shell lends for a while, `<(command)`: beside it, there is no place. */
function madeUpName(input: string, extension: string): string {
  if (input === STANDARD) return STANDARD;
  if (/^\/(dev|proc)\//.test(input)) {
    throw new UsageError(`${input}: name the output, too: cyclegan IN OUT.`);
  }
  const name = isWebAddress(input) ? addressFileName(input) : input;
  return `${name.replace(/\.[^./\\]+$/, '')}.cyclegan${extension}`;
}

function exists(path: string, remedy: string): FileError {
  return new FileError('ERR_FILE_EXISTS', `${path}: the file exists already; ${remedy}.`);
}

/**
 * @throws UsageError or FileError for inputs that are not there, or outputs that are.
 */
export async function planMany(
  { inputs: operands, folder, isFolderGuessed }: ManyNames,
  request: PlanRequest,
  terminal: Terminal,
): Promise<ManyPlan> {
  const found = await findInputs(operands, { recursive: request.recursive, outputs: folder });
  const jobs = planOutputs(found.inputs, { folder, extension: request.extension });
  tellPassedOver(found, jobs, folder, terminal);
  const { force, resume, noClobber } = request.existing;
  const replace = force && !noClobber && !isFolderGuessed;
  await refuseInputsAsOutputs(jobs, request.weights.source);
  const remedy = force ? `-o ${folder} --force replaces it` : '--force replaces it';
  const left = replace ? jobs : await jobsToDo(jobs, resume, remedy, terminal);
  return { jobs, left, folder, replace, replaceGallery: whichGallery(replace, resume, noClobber) };
}

function whichGallery(replace: boolean, resume: boolean, noClobber: boolean): ReplaceGallery {
  if (replace) return 'always';
  return resume && !noClobber ? 'unchanged' : 'never';
}

/** A line for each kind; the outputs of an earlier run that lie where this one's do are expected there. */
function tellPassedOver(
  { named, amongOutputs }: FoundInputs,
  jobs: readonly Job[],
  folder: string | null,
  terminal: Terminal,
): void {
  if (named.length > 0) terminal.say(namedLikeOutputs(named));
  if (folder === null) return;
  const { join } = requireBuiltin('path', 'Naming outputs');
  const outputs = new Set(jobs.map(({ output }) => foldPath(output)));
  const others = amongOutputs.filter(
    ({ relative }) => !outputs.has(foldPath(join(folder, relative))),
  );
  if (others.length === 0) return;
  const names = firstOf(others.map(({ path }) => path));
  terminal.say(
    `${names}: passed over in the folder for the outputs, which is ${folder}; with -o and a folder elsewhere, all are translated.`,
  );
}

function namedLikeOutputs(names: readonly string[]): string {
  return names.length === 1
    ? `${names[0]}: passed over, for it is named like an output; named alone, it is translated.`
    : `${firstOf(names)}: passed over, for they are named like outputs; named alone, one is translated.`;
}

/** `a.png and 3 more`. */
function firstOf([first, ...others]: readonly string[]): string {
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}

/**
 * What is not done yet. Outputs that are there are left out with `resume`; without it, nothing begins, so that nothing is
 * lost and nothing is done twice.
 */
async function jobsToDo(
  jobs: readonly Job[],
  resume: boolean,
  remedy: string,
  terminal: Terminal,
): Promise<readonly Job[]> {
  if (!resume) {
    const blocked = await blockedJobs(jobs);
    if (blocked.length === 0) return jobs;
    const names = firstOf(blocked.map(({ output }) => output));
    throw new FileError(
      'ERR_FILE_EXISTS',
      `${names}: exists already; --resume leaves out what is there, ${remedy}.`,
    );
  }
  const finished = await finishedJobs(jobs);
  if (finished.size === 0) return jobs;
  terminal.say(`${finished.size} of ${jobs.length} pictures are there already.`);
  return jobs.filter((job) => !finished.has(job));
}
