import type { CycleganError } from '../../errors.js';
import { isPictureName } from '../../image/extensions.js';
import { isWebAddress } from '../../platform/address.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { FileError } from '../../platform/fileError.js';
import { isRegularFile, pathKind, realPath, whyMissing } from '../../platform/files.js';
import { type Unusable, type Walked, walkFolder } from '../../platform/folderWalk.js';
import { addressFileName } from '../addresses.js';
import { UsageError } from '../usage.js';

/** A picture to translate. */
export interface Input {
  /** Or its address on the web. */
  readonly path: string;
  /** Where it lies below the folder or pattern that named it: so its output is named. */
  readonly relative: string;
}

/** What this command writes where it makes up a name. */
const OWN = /\.cyclegan\.[^./\\]+$/i;
const MAGIC = /[*?[]/;

/** Whether a file is named as this command names outputs beside their inputs: `horse.cyclegan.png`, or with another suffix. */
export function isOwnName(path: string, suffix: string | null = null): boolean {
  if (OWN.test(path)) return true;
  return suffix !== null && path.replace(/\.[^./\\]+$/, '').endsWith(suffix);
}

/** What operands name. */
export interface FoundInputs {
  /** Pictures to translate. */
  readonly inputs: readonly Input[];
  /** What is named like an output of an earlier run. */
  readonly named: readonly string[];
  /** What lies in the folder for the outputs, as outputs of an earlier run do; `relative` is to that folder. */
  readonly amongOutputs: readonly Input[];
  /** What is meant, too, but cannot be had. */
  readonly unusable: readonly Unusable[];
}

/**
 * The pictures that operands name: addresses and files as they are, those in folders (with `recursive`, also below), and those that match
 * a pattern with `*`, `?`, `[…]` and `**`, for shells that leave patterns alone. Each once, in the order of the
 * operands, and by name within each. Two kinds of files are passed over, for they come from earlier runs: what is named
 * like an output, unless it is the only operand (shells put it among the others for `*`), and what lies in the outputs'
 * folder, where that is below the folder that is looked through. A folder that lies in the outputs' was named itself.
 *
 * @throws FileError for an operand that names nothing, and where there is nothing else than outputs; UsageError for a
 * folder that is the outputs'.
 */
export async function findInputs(
  operands: readonly string[],
  {
    recursive,
    outputs,
    suffix = null,
  }: {
    readonly recursive: boolean;
    /** The outputs' folder; `null`: each lies beside its input. */
    readonly outputs: string | null;
    /** That of outputs which lie beside their inputs. Default: the usual one. */
    readonly suffix?: string | null;
  },
): Promise<FoundInputs> {
  const { resolve } = requireBuiltin('path', 'Looking for pictures');
  const found = new Map<string, Input>();
  const named = new Set<string>();
  const amongOutputs: Input[] = [];
  const unusable = new Map<string, Unusable>();
  for (const operand of operands) {
    if (isWebAddress(operand)) {
      const input = { path: operand, relative: addressFileName(operand) };
      found.set(operand, found.get(operand) ?? input);
      continue;
    }
    const { inputs, root, unusable: lacking } = await inputsOf(operand, recursive);
    for (const item of lacking) unusable.set(resolve(item.name), item);
    const below = root === null ? null : await outputsBelow(root, outputs, operand);
    for (const input of inputs) {
      const place = resolve(input.path);
      const isOwn = isOwnName(input.path, outputs === null ? suffix : null);
      if (isOwn && (operands.length > 1 || input.path !== operand)) {
        named.add(input.path);
      } else if (below !== null && input.relative.startsWith(below)) {
        amongOutputs.push({ path: input.path, relative: input.relative.slice(below.length) });
      } else if (!found.has(place)) found.set(place, input);
    }
  }
  const inputs = [...found.values()];
  if (inputs.length === 0 && unusable.size === 0) {
    throw nothingElse([...named], amongOutputs, outputs);
  }
  return { inputs, named: [...named], amongOutputs, unusable: [...unusable.values()] };
}

function nothingElse(
  [first, ...others]: readonly string[],
  amongOutputs: readonly Input[],
  outputs: string | null,
): CycleganError {
  if (first === undefined) {
    return new UsageError(
      `${amongOutputs[0].path}: all pictures lie in ${outputs}, where the outputs would; name another folder.`,
    );
  }
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  return new FileError(
    'ERR_FILE_NOT_FOUND',
    `${first}${more}: named like outputs of an earlier run, and there is nothing else to translate. Named alone, such a picture is translated.`,
  );
}

/**
 * Where the outputs' folder lies below a folder that is looked through, links followed: `out/`; `null` when it does not.
 * @throws UsageError when it is the very folder that the user named.
 */
async function outputsBelow(
  root: string,
  outputs: string | null,
  operand: string,
): Promise<string | null> {
  if (outputs === null) return null;
  const { isAbsolute, relative, sep } = requireBuiltin('path', 'Naming outputs');
  const way = relative(await realPath(root), await realPath(outputs));
  // On another drive, the way is the whole path.
  if (isAbsolute(way) || way.split(sep)[0] === '..') return null;
  if (way !== '') return `${way.split(sep).join('/')}/`;
  // A pattern names single pictures of the folder, as a shell would.
  if (root !== operand) return null;
  throw new UsageError(`${outputs}: the outputs would lie among the inputs; name another folder.`);
}

/** What one operand names, and the folder that was looked through for it; `null`: it is a file. */
interface Named {
  readonly inputs: readonly Input[];
  readonly root: string | null;
  readonly unusable: readonly Unusable[];
}

/** @throws FileError for an operand that names nothing. */
async function inputsOf(operand: string, recursive: boolean): Promise<Named> {
  const { basename } = requireBuiltin('path', 'Looking for pictures');
  const kind = await pathKind(operand);
  let found: Named = { inputs: [], root: null, unusable: [] };
  if (kind === 'file') {
    found = { ...found, inputs: [await single(operand, basename(operand))] };
  } else if (kind === 'folder') found = await picturesIn(operand, recursive);
  else if (isPattern(operand)) found = await matching(operand);
  if (found.inputs.length + found.unusable.length > 0) return found;
  throw kind === null && !isPattern(operand)
    ? await whyMissing(operand)
    : nothing(operand, kind, recursive);
}

export interface PicturesOptions {
  readonly recursive: boolean;
  /** The outputs' folder; `null`: each lies beside its input. */
  readonly outputs: string | null;
  /** That of outputs which lie beside their inputs; `null`: the usual one. */
  readonly suffix: string | null;
}

/**
 * The pictures of a folder, but for outputs; there may be none.
 * @throws FileError where it cannot be read; UsageError where it is the outputs' folder.
 */
export async function picturesBelow(
  folder: string,
  { recursive, outputs, suffix }: PicturesOptions,
): Promise<Pick<FoundInputs, 'inputs' | 'unusable'>> {
  const below = await outputsBelow(folder, outputs, folder);
  const { inputs, unusable } = await picturesIn(folder, recursive);
  return {
    inputs: inputs.filter(
      ({ path, relative }) =>
        !isOwnName(path, outputs === null ? suffix : null) &&
        !(below !== null && relative.startsWith(below)),
    ),
    unusable,
  };
}

/** Whether a name has wildcards: it is a pattern where no file has that name. */
export function isPattern(name: string): boolean {
  return MAGIC.test(name);
}

/** A pipe can be read once, and its size is not known: it has to be the only picture. */
async function single(path: string, relative: string): Promise<Input> {
  if (await isRegularFile(path)) return { path, relative };
  throw new FileError('ERR_FILE', `${path}: this is no regular file; translate it alone.`);
}

function nothing(operand: string, kind: 'folder' | 'file' | null, recursive: boolean): FileError {
  if (kind === 'folder') {
    const hint = recursive ? '' : ' itself; -r looks into the folders below, too';
    return new FileError(
      'ERR_FILE_NOT_FOUND',
      `${operand}: there is no picture in this folder${hint}.`,
    );
  }
  return new FileError('ERR_FILE_NOT_FOUND', `${operand}: nothing matches.`);
}

async function picturesIn(folder: string, recursive: boolean): Promise<Named> {
  const wanted = { isFile: isPictureName, isFolder: () => recursive };
  return namedIn(folder, await walkFolder(folder, wanted));
}

function namedIn(root: string, { names, unusable }: Walked): Named {
  const { join } = requireBuiltin('path', 'Looking for pictures');
  const inputs = names.map((name) => ({ path: join(root, name), relative: name }));
  return { root, inputs, unusable };
}

/** Patterns begin where the last folder without a wildcard ends. */
async function matching(pattern: string): Promise<Named> {
  const parts = pattern.split(/[/\\]/);
  const fixed = parts.findIndex((part) => MAGIC.test(part));
  const folder = parts.slice(0, fixed).join('/') || (pattern.startsWith('/') ? '/' : '.');
  const rest = parts.slice(fixed);
  const files = compiled(rest.map(partExpression).join(''));
  const folders = compiled(folderExpression(rest));
  if ((await pathKind(folder)) !== 'folder' || files === null || folders === null) {
    return { root: folder, inputs: [], unusable: [] };
  }
  const wanted = {
    isFile: (name: string) => isPictureName(name) && files.test(`/${name}`),
    isFolder: (name: string) => folders.test(`/${name}`),
  };
  return namedIn(folder, await walkFolder(folder, wanted));
}

/** `null` for a pattern that makes no sense, such as `[z-a]`. */
function compiled(expression: string): RegExp | null {
  try {
    return new RegExp(`^${expression}$`, 'i');
  } catch {
    return null;
  }
}

/** One part of a pattern, with the slash before it. */
function partExpression(part: string): string {
  if (part === '**') return '(?:/[^/]+)*?';
  const body = part
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replace(/\*/g, '[^/]*')
    .replace(/\?/g, '[^/]')
    .replace(/\[!/g, '[^');
  return `/${body}`;
}

/** The folders in which there can be files that match: each part of the pattern but the last leads one further down. */
function folderExpression([part, ...rest]: readonly string[]): string {
  if (part === '**') return '(?:/[^/]+)*';
  return rest.length === 0 ? '' : `${partExpression(part)}(?:${folderExpression(rest)})?`;
}
