import type { OpenedContainer } from './container/container.js';
import { dictEntries, type PickleValue } from './pickle/values.js';
import { walkDicts } from './pickle/walk.js';
import { PthError } from './pthError.js';
import type { TensorRef } from './tensorRef.js';

/** Names under which training scripts keep the generator's state dict. */
const USUAL_NAMES: ReadonlySet<string> = new Set([
  'state_dict',
  'model_state_dict',
  'model',
  'netG',
  'net_g',
  'G',
  'generator',
  'params',
  'params_ema',
  'weights',
]);

/** Checkpoints nest no deeper. */
const DEPTH = 4;
/** Candidates in a message. */
const MOST_SHOWN = 10;

export interface FoundStateDict {
  /** The names that lead to it: `['state_dict']`, or none when it is the whole. */
  readonly path: readonly string[];
  readonly refs: ReadonlyMap<string, TensorRef>;
  /** Entries beside the tensors that are none. */
  readonly leftOut: readonly string[];
}

/**
 * Finds the state dict in what the file holds: the whole, or one entry of a checkpoint.
 *
 * @param wanted Where it is, names joined by dots, or what its keys begin with, when it is not to be searched.
 * @throws PthError when there is none, or more than one that could be meant.
 */
export function findStateDict(file: OpenedContainer, wanted?: string): FoundStateDict {
  const { root } = file;
  if (dictEntries(root) === null) {
    throw new PthError(
      'ERR_PTH_NOT_STATE_DICT',
      'The file does not hold a state dict, which is a dict of tensors by name',
    );
  }
  const whole = readStateDict(file, root, []);
  if (wanted === undefined && whole !== null && whole.leftOut.length === 0) return whole;
  const candidates: FoundStateDict[] = [];
  for (const { path, value } of walkDicts(root, DEPTH)) {
    const found = path.length === 0 ? null : readStateDict(file, value, path);
    if (found !== null && found.refs.size > 0) candidates.push(found);
  }
  if (wanted !== undefined) return chosen(candidates, whole, wanted);
  const usual = candidates.filter(({ path }) => USUAL_NAMES.has(path[path.length - 1]));
  const meant = usual.length > 0 ? outermost(usual) : outermost(candidates);
  if (meant.length === 1) return meant[0];
  if (meant.length > 1) {
    throw new PthError(
      'ERR_PTH_AMBIGUOUS',
      `The file holds several state dicts; say which with --key NAME (in code: { key: NAME }): ${list(meant)}`,
    );
  }
  if (whole !== null && whole.refs.size > 0) return whole;
  throw new PthError(
    'ERR_PTH_NOT_STATE_DICT',
    `The file holds a dict, but no state dict: its entries are ${entryNames(root)}`,
  );
}

/** A state dict within another is a part of it. */
function outermost(candidates: readonly FoundStateDict[]): FoundStateDict[] {
  const least = candidates.reduce((n, { path }) => Math.min(n, path.length), DEPTH);
  return candidates.filter(({ path }) => path.length === least);
}

function chosen(
  candidates: readonly FoundStateDict[],
  whole: FoundStateDict | null,
  wanted: string,
): FoundStateDict {
  if (wanted === '' && whole !== null) return whole;
  const found = candidates.find(({ path }) => path.join('.') === wanted);
  if (found !== undefined) return found;
  // A whole training module's state dict is flat: its networks are told apart by what their keys begin with.
  const begin = `${wanted}.`;
  const part = [...(whole?.refs ?? [])].filter(([key]) => key.startsWith(begin));
  if (part.length > 0) {
    const refs = new Map(part.map(([key, ref]) => [key.slice(begin.length), ref]));
    return { path: [wanted], refs, leftOut: [] };
  }
  throw new PthError(
    'ERR_PTH_NO_KEY',
    candidates.length === 0
      ? `There is no state dict under "${wanted}": the file holds one alone, without a name`
      : `There is no state dict under "${wanted}"; there is ${list(candidates)}`,
    { key: wanted },
  );
}

function list(candidates: readonly FoundStateDict[]): string {
  const shown = candidates.slice(0, MOST_SHOWN).map(({ path, refs: { size } }) => {
    const name = path.join('.').slice(0, 200);
    return `"${name}" (${size} ${size === 1 ? 'tensor' : 'tensors'})`;
  });
  const more = candidates.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/**
 * The tensors of a dict; `null` unless there is one, or nothing at all, and no dict or list beside them.
 */
function readStateDict(
  file: OpenedContainer,
  value: PickleValue,
  path: readonly string[],
): FoundStateDict | null {
  const refs = new Map<string, TensorRef>();
  const leftOut: string[] = [];
  const entries = dictEntries(value) ?? [];
  for (const [key, item] of entries) {
    if (typeof key !== 'string') return null;
    const ref = file.tensorRef(item, key);
    if (ref !== null) refs.set(key, ref);
    else if (isScalar(item)) leftOut.push(key);
    else return null;
  }
  return refs.size > 0 || entries.length === 0 ? { path, refs, leftOut } : null;
}

function isScalar(value: PickleValue): boolean {
  return value === null || typeof value !== 'object';
}

function entryNames(root: PickleValue): string {
  return (dictEntries(root) ?? [])
    .slice(0, 5)
    .map(([key]) => (typeof key === 'string' ? JSON.stringify(key.slice(0, 80)) : typeof key))
    .join(', ');
}
