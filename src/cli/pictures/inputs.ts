import { isWebAddress } from '../../platform/address.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { FileError, fileError } from '../../platform/fileError.js';
import { isRegularFile, pathKind } from '../../platform/files.js';
import { addressFileName } from '../addresses.js';

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

/**
 * The pictures that operands name: addresses and files as they are, those in folders (with `recursive`, also below), and those that match
 * a pattern with `*`, `?`, `[…]` and `**`, for shells that leave patterns alone. Each once, in the order of the
 * operands, and by name within each. What is named like an output of an earlier run is passed over, unless it is the
 * only operand: shells put it among the others for `*`.
 *
 * @throws FileError for an operand that names nothing, and where only outputs are named.
 */
export async function findInputs(
  operands: readonly string[],
  {
    recursive,
    onPassedOver,
  }: {
    readonly recursive: boolean;
    /** Called once, with all that were passed over, if there are any. */
    readonly onPassedOver?: (paths: readonly string[]) => void;
  },
): Promise<Input[]> {
  const { resolve } = requireBuiltin('path', 'Looking for pictures');
  const found = new Map<string, Input>();
  const passedOver = new Set<string>();
  for (const operand of operands) {
    if (isWebAddress(operand)) {
      const input = { path: operand, relative: addressFileName(operand) };
      found.set(operand, found.get(operand) ?? input);
      continue;
    }
    const inputs = await inputsOf(operand, recursive);
    for (const input of inputs) {
      if (isOwnName(input.path) && (operands.length > 1 || input.path !== operand)) {
        passedOver.add(input.path);
        continue;
      }
      const place = resolve(input.path);
      if (!found.has(place)) found.set(place, input);
    }
  }
  if (found.size === 0) {
    const [first] = passedOver;
    const others = passedOver.size > 1 ? ` and ${passedOver.size - 1} more` : '';
    throw new FileError(
      'ERR_FILE_NOT_FOUND',
      `${first}${others}: named like outputs of an earlier run, and there is nothing else to translate. Named alone, such a picture is translated.`,
    );
  }
  if (passedOver.size > 0) onPassedOver?.([...passedOver]);
  return [...found.values()];
}

/** @throws FileError for an operand that names nothing. */
async function inputsOf(operand: string, recursive: boolean): Promise<Input[]> {
  const { basename } = requireBuiltin('path', 'Looking for pictures');
  const kind = await pathKind(operand);
  let inputs: Input[] = [];
  if (kind === 'file') inputs = [await single(operand, basename(operand))];
  else if (kind === 'folder') inputs = await picturesIn(operand, recursive);
  else if (isPattern(operand)) inputs = await matching(operand);
  if (inputs.length === 0) throw nothing(operand, kind, recursive);
  return inputs;
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

async function picturesIn(folder: string, recursive: boolean): Promise<Input[]> {
  const { join } = requireBuiltin('path', 'Looking for pictures');
  const names = await namesBelow(folder, recursive ? Number.POSITIVE_INFINITY : 0);
  return names
    .filter((name) => PICTURE.test(name))
    .map((name) => ({ path: join(folder, name), relative: name }));
}

/** Patterns begin where the last folder without a wildcard ends. */
async function matching(pattern: string): Promise<Input[]> {
  const { join } = requireBuiltin('path', 'Looking for pictures');
  const parts = pattern.split(/[/\\]/);
  const fixed = parts.findIndex((part) => MAGIC.test(part));
  const folder = parts.slice(0, fixed).join('/') || (pattern.startsWith('/') ? '/' : '.');
  const rest = parts.slice(fixed);
  if ((await pathKind(folder)) !== 'folder') return [];
  const depth = rest.includes('**') ? Number.POSITIVE_INFINITY : rest.length - 1;
  const expression = compiled(rest);
  if (expression === null) return [];
  return (await namesBelow(folder, depth))
    .filter((name) => expression.test(`/${name}`) && PICTURE.test(name))
    .map((name) => ({ path: join(folder, name), relative: name }));
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
