import type { CycleganError } from '../../errors.js';
import { isWebAddress } from '../../platform/address.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { FileError, fileError } from '../../platform/fileError.js';
import { isRegularFile, pathKind, realPath } from '../../platform/files.js';
import { addressFileName } from '../addresses.js';
import { UsageError } from '../usage.js';

/** A picture to translate. */
export interface Input {
  /** Or its address on the web. */
  readonly path: string;
  /** Where it lies below the folder or pattern that named it: so its output is named. */
  readonly relative: string;
}

const PICTURE = /\.(png|jpe?g)$/i;
/** What this command writes where it makes up a name. */
const OWN = /\.cyclegan\.[^./\\]+$/i;
const MAGIC = /[*?[]/;

/** Whether a file is named as this command names outputs beside their inputs: `horse.cyclegan.png`. */
export function isOwnName(path: string): boolean {
  return OWN.test(path);
}

/** What operands name. */
export interface FoundInputs {
  /** Pictures to translate. */
  readonly inputs: readonly Input[];
  /** What is named like an output of an earlier run. */
  readonly named: readonly string[];
  /** What lies in the folder for the outputs, as outputs of an earlier run do; `relative` is to that folder. */
  readonly amongOutputs: readonly Input[];
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
  }: {
    readonly recursive: boolean;
    /** The outputs' folder; `null`: each lies beside its input. */
    readonly outputs: string | null;
  },
): Promise<FoundInputs> {
  const { resolve } = requireBuiltin('path', 'Looking for pictures');
  const found = new Map<string, Input>();
  const named = new Set<string>();
  const amongOutputs: Input[] = [];
  for (const operand of operands) {
    if (isWebAddress(operand)) {
      const input = { path: operand, relative: addressFileName(operand) };
      found.set(operand, found.get(operand) ?? input);
      continue;
    }
    const { inputs, root } = await inputsOf(operand, recursive);
    const below = root === null ? null : await outputsBelow(root, outputs, operand);
    for (const input of inputs) {
      const place = resolve(input.path);
      if (isOwnName(input.path) && (operands.length > 1 || input.path !== operand)) {
        named.add(input.path);
      } else if (below !== null && input.relative.startsWith(below)) {
        amongOutputs.push({ path: input.path, relative: input.relative.slice(below.length) });
      } else if (!found.has(place)) found.set(place, input);
    }
  }
  const inputs = [...found.values()];
  if (inputs.length === 0) throw nothingElse([...named], amongOutputs, outputs);
  return { inputs, named: [...named], amongOutputs };
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
}

/** @throws FileError for an operand that names nothing. */
async function inputsOf(operand: string, recursive: boolean): Promise<Named> {
  const { basename } = requireBuiltin('path', 'Looking for pictures');
  const kind = await pathKind(operand);
  let found: Named = { inputs: [], root: null };
  if (kind === 'file') found = { inputs: [await single(operand, basename(operand))], root: null };
  else if (kind === 'folder') found = await picturesIn(operand, recursive);
  else if (isPattern(operand)) found = await matching(operand);
  if (found.inputs.length === 0) throw nothing(operand, kind, recursive);
  return found;
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
      `${operand}: there is no PNG or JPEG in this folder${hint}.`,
    );
  }
  return new FileError(
    'ERR_FILE_NOT_FOUND',
    isPattern(operand) ? `${operand}: nothing matches.` : `${operand}: no such file.`,
  );
}

async function picturesIn(folder: string, recursive: boolean): Promise<Named> {
  const names = await namesBelow(folder, recursive ? Number.POSITIVE_INFINITY : 0);
  return namedIn(folder, names);
}

function namedIn(root: string, names: readonly string[]): Named {
  const { join } = requireBuiltin('path', 'Looking for pictures');
  const pictures = names.filter((name) => PICTURE.test(name));
  return { root, inputs: pictures.map((name) => ({ path: join(root, name), relative: name })) };
}

/** Patterns begin where the last folder without a wildcard ends. */
async function matching(pattern: string): Promise<Named> {
  const parts = pattern.split(/[/\\]/);
  const fixed = parts.findIndex((part) => MAGIC.test(part));
  const folder = parts.slice(0, fixed).join('/') || (pattern.startsWith('/') ? '/' : '.');
  const rest = parts.slice(fixed);
  const none: Named = { inputs: [], root: folder };
  if ((await pathKind(folder)) !== 'folder') return none;
  const depth = rest.includes('**') ? Number.POSITIVE_INFINITY : rest.length - 1;
  const expression = compiled(rest);
  if (expression === null) return none;
  const names = await namesBelow(folder, depth);
  return namedIn(
    folder,
    names.filter((name) => expression.test(`/${name}`)),
  );
}

/** `null` for a pattern that makes no sense, such as `[z-a]`. */
function compiled(parts: readonly string[]): RegExp | null {
  try {
    return new RegExp(`^${parts.map(partExpression).join('')}$`, 'i');
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

/** Whether it is a pipe, a device or a socket, or a link to one: those are passed over, whatever their names. */
async function isNoFile(
  path: string,
  entry: { isFile(): boolean; isDirectory(): boolean },
): Promise<boolean> {
  if (entry.isFile() || entry.isDirectory()) return false;
  // A link that leads nowhere is told of when its turn comes.
  return (await pathKind(path)) === 'file' && !(await isRegularFile(path));
}

/** Names of files, with slashes, sorted. Links to folders are not followed: they could lead round in a circle. */
async function namesBelow(folder: string, depth: number): Promise<string[]> {
  const { readdir } = requireBuiltin('fs/promises', `Looking into ${folder}`);
  const { join } = requireBuiltin('path', `Looking into ${folder}`);
  const names: string[] = [];
  const visit = async (below: string, left: number): Promise<void> => {
    const path = `${folder}/${below}`;
    const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
      throw fileError('read', path, error);
    });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith('.') || (await isNoFile(join(path, entry.name), entry))) continue;
      const name = `${below}${entry.name}`;
      if (!entry.isDirectory()) names.push(name);
      else if (left > 0) await visit(`${name}/`, left - 1);
    }
  };
  await visit('', depth);
  return names;
}
