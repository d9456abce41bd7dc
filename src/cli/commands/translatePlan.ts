import { checkImageName } from '../../image/formats.js';
import { ImageError } from '../../image/picture.js';
import { isWebAddress } from '../../platform/address.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { FileError } from '../../platform/fileError.js';
import { isTaken, pathKind } from '../../platform/files.js';
import { addressFileName } from '../addresses.js';
import { checkOutputFile, mayReplace } from '../originals.js';
import { findInputs, type Input } from '../pictures/inputs.js';
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
  /** Whether an earlier gallery may be replaced; what is no gallery never is. */
  readonly replaceGallery: boolean;
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
  if (output === STANDARD) return { input, output, replace: false };
  try {
    checkImageName(output);
  } catch (error) {
    throw error instanceof ImageError ? new UsageError(error.message) : error;
  }
  if (input !== STANDARD) await refuseMissing(input);
  // A shell's `<` makes a file standard input.
  const reads = [input === STANDARD ? '/dev/stdin' : input, request.weights.source ?? undefined];
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

function madeUpName(input: string, extension: string): string {
  if (input === STANDARD) return STANDARD;
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
  const found = await findInputs(operands, {
    recursive: request.recursive,
    onPassedOver: (paths) => terminal.say(passedOver(paths)),
  });
  const inputs = folder === null ? found : outsideOf(folder, operands, found);
  const jobs = planOutputs(inputs, { folder, extension: request.extension });
  const { force, resume, noClobber } = request.existing;
  const replace = force && !noClobber && !isFolderGuessed;
  await refuseInputsAsOutputs(jobs);
  const remedy = force ? `-o ${folder} --force replaces it` : '--force replaces it';
  const left = replace ? jobs : await jobsToDo(jobs, resume, remedy, terminal);
  return { jobs, left, folder, replace, replaceGallery: (force || resume) && !noClobber };
}

function passedOver([first, ...others]: readonly string[]): string {
  return others.length === 0
    ? `${first}: passed over, for it is named like an output; named alone, it is translated.`
    : `${first} and ${others.length} more: passed over, for they are named like outputs; named alone, one is translated.`;
}

/**
 * Inputs that are not outputs of an earlier run: those do not lie in the outputs' folder.
 * @throws UsageError when that is where the inputs are looked for.
 */
function outsideOf(
  folder: string,
  operands: readonly string[],
  inputs: readonly Input[],
): readonly Input[] {
  const { resolve, sep } = requireBuiltin('path', 'Naming outputs');
  const place = resolve(folder);
  if (operands.some((operand) => resolve(operand) === place)) {
    throw new UsageError(`${folder}: the outputs would lie among the inputs; name another folder.`);
  }
  return inputs.filter(
    ({ path }) => operands.includes(path) || !resolve(path).startsWith(place + sep),
  );
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
    const others = blocked.length > 1 ? ` and ${blocked.length - 1} more` : '';
    throw new FileError(
      'ERR_FILE_EXISTS',
      `${blocked[0].output}${others}: exists already; --resume leaves out what is there, ${remedy}.`,
    );
  }
  const finished = await finishedJobs(jobs);
  if (finished.size === 0) return jobs;
  terminal.say(`${finished.size} of ${jobs.length} pictures are there already.`);
  return jobs.filter((job) => !finished.has(job));
}
