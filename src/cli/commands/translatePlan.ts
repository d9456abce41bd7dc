import { checkImageName } from '../../image/formats.js';
import { ImageError } from '../../image/picture.js';
import { isWebAddress } from '../../platform/address.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { FileError } from '../../platform/fileError.js';
import { foldPath, isPipeOrDevice, isRegularFile, isTaken } from '../../platform/files.js';
import type { Unusable } from '../../platform/folderWalk.js';
import { addressFileName } from '../addresses.js';
import { withoutLine } from '../failureLine.js';
import type { ReplaceGallery } from '../gallery/galleryFile.js';
import { checkOutputFile, mayReplace, Originals } from '../originals.js';
import { refuseOwnStreams } from '../ownStreams.js';
import {
  isDeepZoomName,
  refuseInputAmongTiles,
  refuseOtherThanTiles,
  tileFolder,
} from '../pictures/deepZoomFile.js';
import { type FoundInputs, findInputs } from '../pictures/inputs.js';
import {
  DEFAULT_SUFFIX,
  type FoundOutputs,
  finishedJobs,
  type Job,
  lookForOutputs,
  planOutputs,
  refuseInputsAsOutputs,
  withNameHint,
} from '../pictures/outputs.js';
import type { TranslateRequest } from '../requests/translate.js';
import { refuseTerminalOutput } from '../standardOutput.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage.js';
import { type ManyNames, type OneName, refuseMissing, STANDARD } from './translateNames.js';

/** What a run may write is settled here, before any work begins; nothing is written yet. */

export interface OnePlan {
  readonly input: string;
  readonly output: string;
  /** A name whose extension says how the picture is encoded: pipes and standard output need have none. */
  readonly encodedAs: string;
  /** Whether a file of the output's name may be replaced. */
  readonly replace: boolean;
}

export interface ManyPlan {
  /** All pictures, those that are done among them. */
  readonly jobs: readonly Job[];
  /** What is to do. */
  readonly left: readonly Job[];
  /** What is meant, too, but cannot be translated. */
  readonly unusable: readonly Unusable[];
  /** Where outputs go; `null`: beside their inputs. */
  readonly folder: string | null;
  /** Whether files of the outputs' names may be replaced. */
  readonly replace: boolean;
  readonly replaceGallery: ReplaceGallery;
}

/** What of a request decides about files. */
export type PlanRequest = Pick<
  TranslateRequest,
  'extension' | 'hasFormat' | 'suffix' | 'existing' | 'recursive' | 'json' | 'shard'
> & {
  readonly weights: Pick<TranslateRequest['weights'], 'source'>;
  readonly pictures: Pick<TranslateRequest['pictures'], 'decode'>;
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
  const output = named?.path ?? madeUpName(input, request);
  const encodedAs = isDeepZoomName(output)
    ? nameForTiles(output, request)
    : await nameForFormat(output, request.extension);
  refuseLostAlpha(encodedAs === output ? output : request.extension, request);
  const { force, resume, noClobber } = request.existing;
  if (resume && (await isRegularFile(output))) {
    terminal.say(`${output}: is there already.`);
    return null;
  }
  if (output === STANDARD) {
    refuseOtherUse(request.json);
    return { input, output, encodedAs, replace: false };
  }
  // A shell's `<` makes a file standard input.
  const reads = [input === STANDARD ? '/dev/stdin' : input, request.weights.source ?? undefined];
  try {
    checkImageName(encodedAs);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    // What has no extension may be meant as a folder.
    const folder =
      named !== null && !/\.[^./\\]*$/.test(output) ? ` -o ${output}/ is a folder.` : '';
    throw new UsageError(error.message + folder);
  }
  if (input !== STANDARD) await refuseMissing(input);
  await checkOutputFile(output, reads).catch((error: unknown) => {
    throw named === null && error instanceof FileError
      ? withNameHint(error, '-o names one.')
      : error;
  });
  if (isDeepZoomName(output)) {
    const read = reads.filter((name) => name !== undefined);
    const replace = await mayReplaceTiles(output, read, request.existing);
    return { input, output, encodedAs, replace };
  }
  if (noClobber) {
    if (await isTaken(output)) throw exists(output, 'name another file');
    return { input, output, encodedAs, replace: false };
  }
  if (named?.by === 'option') return { input, output, encodedAs, replace: true };
  if (named?.by === 'place') {
    const both = input === STANDARD ? '' : '; `-o FOLDER` translates both';
    const remedies = `\`-o ${output}\` or \`--force\` replaces it${both}`;
    const replace = await mayReplace(output, { force, remedies }, terminal);
    return { input, output, encodedAs, replace };
  }
  if (!force && (await isTaken(output))) {
    throw exists(output, '--resume leaves it, --force replaces it, -o names another file');
  }
  return { input, output, encodedAs, replace: force };
}

/** @throws FileError or UsageError where there is something that is kept. */
async function mayReplaceTiles(
  output: string,
  reads: readonly string[],
  { force, noClobber }: PlanRequest['existing'],
): Promise<boolean> {
  await refuseInputAmongTiles(output, reads);
  const found = await firstTaken([output, tileFolder(output)]);
  if (found !== null && (noClobber || !force)) {
    throw exists(found, noClobber ? 'name another file' : '--force replaces it and its tiles');
  }
  await refuseOtherThanTiles(output);
  return force && !noClobber;
}

/** @throws UsageError where standard output cannot take a picture. */
function refuseOtherUse(json: boolean): void {
  if (json) {
    throw withoutLine(
      new UsageError('Standard output takes the picture or --json, not both: -o names a file.'),
    );
  }
  refuseTerminalOutput('a picture');
}

/** Of a pipe or a device, whose name says nothing, `--format` decides, as it does of standard output. */
async function nameForFormat(output: string, extension: string): Promise<string> {
  const isNameless =
    output === STANDARD || (!/\.[a-z]+$/i.test(output) && (await isPipeOrDevice(output)));
  return isNameless ? `picture${extension}` : output;
}

/** JPEG, unless `--format` or transparency says otherwise. @throws UsageError for what viewers do not take. */
function nameForTiles(output: string, { extension, hasFormat, pictures }: PlanRequest): string {
  const usual = pictures.decode.alpha === true ? '.png' : '.jpg';
  const tiles = hasFormat ? extension : usual;
  if (tiles === '.jpg' || tiles === '.png') return `tile${tiles}`;
  throw new UsageError(`${output}: tiles are PNG or JPEG: --format png or --format jpg.`);
}

async function firstTaken(paths: readonly string[]): Promise<string | null> {
  for (const path of paths) if (await isTaken(path)) return path;
  return null;
}

/** @throws UsageError where transparency is to be kept, and a file of that name has none. */
function refuseLostAlpha(output: string, { pictures }: PlanRequest): void {
  if (pictures.decode.alpha !== true || !/\.jpe?g$/i.test(output)) return;
  const name = output.startsWith('.') ? `--format ${output.slice(1)}` : output;
  throw new UsageError(
    `${name}: --alpha keep is for .png, .webp and .tif: a JPEG has no transparency.`,
  );
}

/** @throws UsageError for what the shell lends for a while, `<(command)`: beside it, there is no place. */
function madeUpName(input: string, { extension, suffix }: PlanRequest): string {
  if (input === STANDARD) return STANDARD;
  if (/^\/(dev|proc)\//.test(input)) {
    throw new UsageError(`${input}: name the output, too: cyclegan IN OUT.`);
  }
  const name = isWebAddress(input) ? addressFileName(input) : input;
  return `${name.replace(/\.[^./\\]+$/, '')}${suffix ?? DEFAULT_SUFFIX}${extension}`;
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
  refuseLostAlpha(request.extension, request);
  const { recursive, suffix } = request;
  const found = await findInputs(operands, { recursive, outputs: folder, suffix });
  await refuseOwnStreams(found.inputs.map(({ path }) => path));
  // All of them have their names before they are parted: those depend on each other.
  const planned = planOutputs(found.inputs, { folder, suffix, extension: request.extension });
  tellPassedOver(found, planned, folder, terminal);
  const part = shardOf(planned, request.shard);
  const { jobs, blocked, unusable } = await lookForOutputs(part);
  const { force, resume, noClobber } = request.existing;
  const replace = force && !noClobber && !isFolderGuessed;
  await refuseInputsAsOutputs(planned, request.weights.source);
  if (replace) await refusePassedOver(found, jobs);
  const remedy = force ? `-o ${folder} --force replaces it` : '--force replaces it';
  const left = replace ? jobs : await jobsToDo({ jobs, blocked }, resume, remedy, terminal);
  return {
    jobs,
    left,
    unusable: [...found.unusable, ...unusable],
    folder,
    replace,
    replaceGallery: whichGallery(replace, resume, noClobber),
  };
}

/** Every Nth, so that a part has some of each folder; together, the parts are all, and no two have one in common. */
function shardOf(jobs: readonly Job[], shard: TranslateRequest['shard']): readonly Job[] {
  if (shard === null) return jobs;
  const { part, parts } = shard;
  return jobs.filter((_, i) => i % parts === part - 1);
}

/**
 * What lies in the folder for the outputs is passed over, but it was named all the same, by a folder around or a pattern: nobody
 * can tell an original from what an earlier run has made of one.
 * @throws UsageError where an output would replace such a file.
 */
async function refusePassedOver(
  { amongOutputs }: FoundInputs,
  jobs: readonly Job[],
): Promise<void> {
  if (amongOutputs.length === 0) return;
  const originals = await Originals.of(amongOutputs.map(({ path }) => path));
  for (const { output } of jobs) {
    if (!(await originals.include(output))) continue;
    throw new UsageError(
      `${output}: --force would replace it, and it lies in what is to be translated, so it may be an original. -o with a folder elsewhere translates it, too; --resume in place of --force leaves it as it is. Outputs of an earlier run can be removed first.`,
    );
  }
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
  { jobs, blocked }: Pick<FoundOutputs, 'jobs' | 'blocked'>,
  resume: boolean,
  remedy: string,
  terminal: Terminal,
): Promise<readonly Job[]> {
  if (!resume) {
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
