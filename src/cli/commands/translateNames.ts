import { isPictureName } from '../../image/extensions.js';
import { isWebAddress } from '../../platform/address.js';
import { foldPath, pathKind, whyMissing } from '../../platform/files.js';
import { localPath, shownName } from '../addresses.js';
import { isDeepZoomName } from '../pictures/deepZoomFile.js';
import { isOwnName, isPattern } from '../pictures/inputs.js';
import type { TranslateRequest } from '../requests/translate.js';
import { UsageError } from '../usage.js';

/** What of a request tells what its names mean. */
export type NamesRequest = Pick<TranslateRequest, 'operands' | 'output' | 'existing'> & {
  readonly pictures: Pick<TranslateRequest['pictures'], 'gallery'>;
};

/** Standard input as an input's name, standard output as an output's. */
export const STANDARD = '-';

/** What the names on a command line mean. */
export type Names = OneName | ManyNames;

export interface OneName {
  readonly kind: 'one';
  readonly input: string;
  /** `null`: the name is made up. */
  readonly output: NamedOutput | null;
}

export interface NamedOutput {
  readonly path: string;
  /** `-o` can mean nothing else; the second of two names can come from a pattern that the shell resolved. */
  readonly by: 'option' | 'place';
}

export interface ManyNames {
  readonly kind: 'many';
  /** Files, folders, patterns and addresses. */
  readonly inputs: readonly string[];
  /** Where outputs go; `null`: beside their inputs. */
  readonly folder: string | null;
  /**
   * Whether the folder's name can have come from a pattern that the shell resolved (`*`, or `*` and a slash, which gives
   * folders with one behind them): then no file in it is replaced.
   */
  readonly isFolderGuessed: boolean;
}

/**
 * With `-o`, all names are inputs. Without it, so are three and more; of two, the second is the output: a file for one
 * picture, or a folder. What could be meant otherwise is refused: nothing depends on a guess.
 *
 * @throws UsageError
 */
export async function readNames(request: NamesRequest): Promise<Names> {
  const operands = request.operands.map(localPath);
  const [first, second] = operands;
  if (first === undefined) throw new UsageError('Which picture? Name a file, such as horse.jpg.');
  if (operands.includes('')) {
    throw new UsageError('A name is empty (""): was it to come from a variable?');
  }
  const { output: option } = request;
  if (option !== undefined && isWebAddress(option)) {
    throw new UsageError(`--output takes a file or folder, not an address: ${shownName(option)}`);
  }
  if (option !== undefined) return withOption(operands, option, request);
  if (operands.length === 2) return inAndOut(first, second, request);
  if (operands.length === 1 && !request.pictures.gallery && (await isOne(first))) {
    return { kind: 'one', input: first, output: null };
  }
  if (operands.length > 2) await refuseOutputAsLast(operands);
  return many(operands, null);
}

async function withOption(
  operands: readonly string[],
  path: string,
  request: NamesRequest,
): Promise<Names> {
  const [first] = operands;
  const one =
    operands.length === 1 &&
    !request.pictures.gallery &&
    (await isOne(first)) &&
    !(await isFolderName(path));
  if (one) return { kind: 'one', input: first, output: { path, by: 'option' } };
  if (operands.length > 1 && (await pathKind(path)) === 'file') {
    const same = operands.find((operand) => foldPath(operand) === foldPath(path));
    if (same !== undefined) {
      throw new UsageError(
        `${same} is named as an input, and by -o as the output. One picture: cyclegan IN -o ${path}; several: -o FOLDER.`,
      );
    }
  }
  await refuseAsFolder(path);
  return many(operands, path);
}

async function inAndOut(first: string, second: string, request: NamesRequest): Promise<Names> {
  if (isWebAddress(second)) return many([first, second], null);
  if (second !== STANDARD && (await isFolderName(second))) {
    await refuseAsFolder(second);
    return { ...many([first], second), isFolderGuessed: true };
  }
  const output = { path: second, by: 'place' } as const;
  if ((await isOne(first)) && !request.pictures.gallery) {
    if (await isOutputBesidePicture(first, second)) return besidePicture(first, second, request);
    if (/[*?]/.test(second) && (await pathKind(second)) === null) throw noMatch(second);
    return { kind: 'one', input: first, output };
  }
  if (second === STANDARD) throw new UsageError('Several pictures cannot go to standard output.');
  if (isPattern(second) && (await pathKind(second)) === null) return many([first, second], null);
  throw noFolder(second);
}

/** `*` gives `x.cyclegan.png` and `x.png` after a first run: those are not IN and OUT. */
async function isOutputBesidePicture(first: string, second: string): Promise<boolean> {
  return isOwnName(first) && !isOwnName(second) && (await pathKind(second)) === 'file';
}

/** Where it is said what happens to outputs that are there, the second picture is translated, and the first passed over. */
function besidePicture(first: string, second: string, request: NamesRequest): Names {
  if (request.existing.force || request.existing.resume) return many([first, second], null);
  throw new UsageError(
    `${second} exists: \`-o ${second}\` replaces it. To translate it instead, name it alone, or all with --resume or --force: ${first} is then passed over.`,
  );
}

/** The last of several names has long been a folder for outputs elsewhere (`cp`), but comes with `*`, too. */
async function refuseOutputAsLast(operands: readonly string[]): Promise<void> {
  const last = operands[operands.length - 1];
  if (isWebAddress(last)) return;
  const kinds = await Promise.all(operands.map(pathKind));
  const lastKind = kinds[kinds.length - 1];
  if (lastKind === null && !isPattern(last)) throw noFolder(last);
  if (lastKind === 'folder' && kinds.indexOf('folder') === kinds.length - 1) {
    throw new UsageError(
      `${last} is a folder after pictures: \`-o ${last}\` puts the outputs there; named first, its pictures are translated, too.`,
    );
  }
}

/** A pattern that matches nothing comes to the command as it stands, and would be the name of an output. */
function noMatch(pattern: string): UsageError {
  return new UsageError(
    `${pattern}: no picture is called like that; if it is to be the name of the output: -o "${pattern}".`,
  );
}

function noFolder(name: string): UsageError {
  return new UsageError(
    `One output for several pictures: "${name}" is no folder. Name a folder for them: -o FOLDER.`,
  );
}

/** @throws UsageError for what is to be the outputs' folder, but cannot be. */
async function refuseAsFolder(folder: string): Promise<void> {
  if (folder === STANDARD) {
    throw new UsageError('Several pictures cannot go to standard output.');
  }
  const bare = folder.replace(/[/\\]+$/, '');
  const kind = await pathKind(bare);
  const isFileName = isPictureName(folder) || isDeepZoomName(folder);
  if (kind === 'file' || (kind === null && bare === folder && isFileName)) {
    throw new UsageError(`${folder}: this names a file; several pictures need a folder.`);
  }
}

function many(inputs: readonly string[], folder: string | null): ManyNames {
  if (inputs.includes(STANDARD)) {
    throw new UsageError('Standard input is one picture: - cannot be one of several.');
  }
  return { kind: 'many', inputs, folder, isFolderGuessed: false };
}

/** A file or an address, or something that is to be one. */
async function isOne(name: string): Promise<boolean> {
  if (name === STANDARD || isWebAddress(name)) return true;
  const kind = await pathKind(name);
  return kind === 'file' || (kind === null && !isPattern(name));
}

async function isFolderName(name: string): Promise<boolean> {
  if (isWebAddress(name)) return false;
  return /[/\\]$/.test(name) || (await pathKind(name)) === 'folder';
}

/** @throws FileError for an input that is not there: nobody is asked about its output then. */
export async function refuseMissing(input: string): Promise<void> {
  if (isWebAddress(input) || (await pathKind(input)) !== null) return;
  throw await whyMissing(input);
}
