import type { OpenedContainer } from './container/container.js';
import { isWholeModel, type ModuleTree, readWholeModel } from './moduleTree.js';
import { noStateDict } from './noStateDict.js';
import { COSTS } from './pickle/costs.js';
import { itemEntries, type PickleValue } from './pickle/values.js';
import { forEachItem, keyName, MAX_DEPTH, type Place, walkPlaces } from './pickle/walk.js';
import { PthError } from './pthError.js';
import { type TensorRef, UnreadableTensor } from './tensorRef.js';

/** Names under which training scripts keep the generator's state dict. */
const DEFAULT_NAMES: ReadonlySet<string> = new Set([
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

/** FoundStateDicts in a message. */
const MAX_SHOWN = 10;

/** Checkpoints hold fewer networks than this. */
const MAX_DESCRIBED = 100;
/** To say what a state dict is, its keys are gone through so often. */
const DESCRIPTION_COST = 50;

/** Between the name of a dict and what the keys in it begin with. */
const ARROW = /\s*->\s*/g;

/**
 * What a state dict is, for one that can be meant, in a word or two for a list: `a U-Net of 8 levels`. `null` for
 * one of another kind. Asked where a file holds several; `name` is where in it that one is.
 */
export type Describe = (
  tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>,
  name: string,
) => string | null;

/** A dict that has tensors, or the part of it whose keys begin in one way. */
export interface FoundStateDict {
  /** The names that lead to it: `['state_dict']`, or none when it is the whole. */
  readonly path: readonly string[];
  /** The dict that it is, or is a part of. */
  readonly value: PickleValue;
  readonly refs: ReadonlyMap<string, TensorRef>;
  /** Tensors of it whose numbers cannot be read here. */
  readonly unreadable: ReadonlyMap<string, UnreadableTensor>;
  /** Names of the file's items that it was put together of, where it was. */
  readonly from?: readonly string[];
  /** Where it is that of a whole model: its modules. */
  readonly tree?: ModuleTree;
  /** Names of further state dicts with the very same keys, where this was chosen for its usual name. */
  readonly alike?: readonly string[];
  /** Names of the other networks of the file, where this one was chosen. */
  readonly beside?: readonly string[];
}

/**
 * Finds the state dict in what the file holds: the whole, or a part of a checkpoint. Only its tensors count; whatever
 * else there is, in it or beside it, is passed over.
 *
 * @param wanted Where it is, names joined by dots, or what its keys begin with, when it is not to be searched. Items of
 * lists and tuples are called by their number. `a -> b` is the same as `a.b`; `a.enc+b.dec` is `enc` of the one and `dec` of the
 * other, as one state dict.
 * @param describe What a state dict is: those that are nothing are only meant where all are.
 * @throws PthError when there is none, or more than one that could be meant.
 */
export function findStateDict(
  file: OpenedContainer,
  wanted?: string,
  describe?: Describe,
): FoundStateDict {
  // Who names a place knows how deep it lies.
  const depth = Math.max(MAX_DEPTH, wanted?.split('.').length ?? 0);
  const places = [...walkPlaces(file.root, depth, file.budget)];
  const plain = places.flatMap((place) => readTensors(file, place) ?? []);
  // A model beside a state dict is the same again, as a rule.
  const isPlain = wanted === undefined && withoutOptimisers(places, plain).length > 0;
  const candidates = isPlain ? plain : [...plain, ...wholeModels(file)];
  const found =
    wanted === undefined
      ? meant(file, places, candidates, describe)
      : named(file, candidates, wanted.replace(ARROW, '.'));
  if (found.refs.size === 0) {
    for (const [key, tensor] of found.unreadable) throw tensor.error(key);
  }
  return found;
}

/** The state dicts of models that were saved as a whole: the file itself, or those in the dict or list that it is. */
function wholeModels(file: OpenedContainer): FoundStateDict[] {
  const found: FoundStateDict[] = [];
  const add = (path: readonly string[], value: PickleValue) => {
    if (!isWholeModel(value)) return;
    const { tree, stateDict } = readWholeModel(file, value);
    const tensors = readTensors(file, { path, value: stateDict });
    if (tensors !== null) found.push({ ...tensors, tree });
  };
  add([], file.root);
  forEachItem(file.root, file.budget, (key, item) => {
    const name = keyName(key);
    if (name !== null) add([name], item);
  });
  return found;
}

/** The one that is not part of anything else, or goes by a usual name. */
function meant(
  file: OpenedContainer,
  places: readonly Place[],
  candidates: readonly FoundStateDict[],
  describe: Describe | undefined,
): FoundStateDict {
  const { root } = file;
  if (itemEntries(root)?.size === 0) {
    return { path: [], value: root, refs: new Map(), unreadable: new Map() };
  }
  const eligible = withoutOptimisers(places, candidates);
  const described =
    describe !== undefined && eligible.length > 1 ? describedOnes(file, eligible, describe) : [];
  const fitting = described.length > 0 ? described.map(([candidate]) => candidate) : eligible;
  const usual = fitting.filter(({ path }) => DEFAULT_NAMES.has(path[path.length - 1]));
  const least = outermost(usual.length > 0 ? usual : fitting);
  if (least.length === 1) {
    const same = alike(file, least[0], eligible);
    return { ...least[0], alike: same, beside: besides(least[0], eligible, same) };
  }
  if (least.length > 1) {
    const what = list(least, new Map(described));
    const message =
      describe !== undefined && described.length === 0
        ? `The file holds several state dicts, and none is of a kind that is known; --key NAME (in code: { key: NAME }) tells what one looks like: ${what}`
        : `The file holds several state dicts; say which with --key NAME (in code: { key: NAME }): ${what}`;
    const names = least.map(({ path }) => path.join('.')).filter((name) => name !== '');
    throw new PthError('ERR_PTH_AMBIGUOUS', message, { choices: names });
  }
  throw noStateDict(file, list(candidates));
}

/** Those that are something, and what. */
function describedOnes(
  { budget }: OpenedContainer,
  candidates: readonly FoundStateDict[],
  describe: Describe,
): [FoundStateDict, string][] {
  return candidates.slice(0, MAX_DESCRIBED).flatMap((candidate): [FoundStateDict, string][] => {
    budget.take(DESCRIPTION_COST * COSTS.step * candidate.refs.size, 'The keys of a state dict');
    const what = describe(candidate.refs, candidate.path.join('.'));
    return what === null ? [] : [[candidate, what]];
  });
}

/** An average of a generator over its training (`G_ema`) stands beside it, and is often the better one. */
function alike(
  { budget }: OpenedContainer,
  chosen: FoundStateDict,
  candidates: readonly FoundStateDict[],
): string[] {
  const { refs } = chosen;
  return candidates
    .filter((other) => {
      if (other === chosen || other.refs.size !== refs.size) return false;
      budget.take(COSTS.step * refs.size, 'The keys of a state dict');
      return [...refs.keys()].every((key) => other.refs.has(key));
    })
    .map(({ path }) => path.join('.'));
}

/** Other networks: dicts of tensors that are more than numbers, such as statistics of a data set. */
function besides(
  chosen: FoundStateDict,
  candidates: readonly FoundStateDict[],
  alike: readonly string[],
): string[] {
  const networks = candidates.filter(
    (other) => other !== chosen && [...other.refs.values()].some(({ shape }) => shape.length > 1),
  );
  const same = new Set(alike);
  return networks.map(({ path }) => path.join('.')).filter((name) => !same.has(name));
}

/**
 * Those that are no optimiser's state. A dict that has tensors and further state dicts within is a checkpoint with
 * tensors beside them.
 */
function withoutOptimisers(
  places: readonly Place[],
  candidates: readonly FoundStateDict[],
): readonly FoundStateDict[] {
  const optimisers = new Set(
    places.filter(({ value }) => isOptimiser(value)).map(({ path }) => nameOf(path)),
  );
  const networks = candidates.filter(({ path }) => {
    return !upTo(path).some((outer) => optimisers.has(nameOf(outer)));
  });
  const around = new Set(networks.flatMap(({ path }) => upTo(path).slice(0, -1).map(nameOf)));
  return networks.filter(({ path }) => !around.has(nameOf(path)));
}

/** The ways to all that is around a place, from the whole on, and to itself. */
function upTo(path: readonly string[]): string[][] {
  return [[], ...path.map((_, i) => path.slice(0, i + 1))];
}

function isOptimiser(value: PickleValue): boolean {
  const entries = itemEntries(value);
  return (entries?.has('state') && entries.has('param_groups')) ?? false;
}

/** A path as one text; names can hold any other character. */
function nameOf(path: readonly string[]): string {
  return path.join('\0');
}

/** A state dict within another is a part of it. */
function outermost(candidates: readonly FoundStateDict[]): FoundStateDict[] {
  const least = candidates.reduce((n, { path }) => Math.min(n, path.length), MAX_DEPTH);
  return candidates.filter(({ path }) => path.length === least);
}

/** The state dict of that name, or one put together of parts: each keeps the last of its names. */
function named(
  file: OpenedContainer,
  candidates: readonly FoundStateDict[],
  wanted: string,
): FoundStateDict {
  const names = wanted.split('+').slice(0, MAX_DESCRIBED);
  const isOne = names.length === 1 || candidates.some(({ path }) => path.join('.') === wanted);
  if (isOne) return chosen(file, candidates, wanted);
  const parts = names.map((name) => {
    const part = chosen(file, candidates, name.trim());
    file.budget.takeValues(2 * COSTS.mapEntry * part.refs.size, 'The parts of a state dict');
    return { part, begin: `${name.trim().split('.').at(-1)}.` };
  });
  const joined = <T>(of: (part: FoundStateDict) => ReadonlyMap<string, T>): Map<string, T> =>
    new Map(
      parts.flatMap(({ part, begin }) =>
        [...of(part)].map(([key, t]) => [begin + key, t] as const),
      ),
    );
  const refs = joined((part) => part.refs);
  if (refs.size < parts.reduce((sum, { part }) => sum + part.refs.size, 0)) {
    throw new PthError(
      'ERR_PTH_AMBIGUOUS',
      `Parts that are put together must have different last names, but "${wanted}" names one of them twice`,
    );
  }
  const from = parts.map(({ part }) => part.path[0]);
  return {
    path: [wanted],
    value: file.root,
    refs,
    unreadable: joined((part) => part.unreadable),
    from,
  };
}

/** The state dict of that name, or the part of one whose keys begin so. */
function chosen(
  file: OpenedContainer,
  candidates: readonly FoundStateDict[],
  wanted: string,
): FoundStateDict {
  const found = candidates.find(({ path }) => path.join('.') === wanted);
  if (found !== undefined) return found;
  const parts = candidates.flatMap((candidate) => partOf(candidate, wanted) ?? []);
  if (parts.length === 1) return parts[0];
  if (parts.length > 1) {
    throw new PthError(
      'ERR_PTH_AMBIGUOUS',
      `Several state dicts have keys that begin with "${wanted}"; say which with --key NAME (in code: { key: NAME }): ${list(parts)}`,
    );
  }
  if (candidates.length === 0) throw noStateDict(file, list(candidates));
  const [only] = candidates;
  const isWhole = candidates.length === 1 && only.path.length === 0;
  throw new PthError(
    'ERR_PTH_NO_KEY',
    isWhole
      ? `There is no state dict under "${wanted}", nor keys that begin so: the whole file is one state dict of ${tensors(only)}`
      : `There is no state dict under "${wanted}", nor keys that begin so; there is ${list(candidates)}`,
    { key: wanted },
  );
}

/**
 * A whole training module's state dict is flat: its networks are told apart by what their keys begin with. It may
 * be told with the name of the dict that they are in, or without.
 */
function partOf(candidate: FoundStateDict, wanted: string): FoundStateDict | null {
  const within = candidate.path.join('.');
  const prefixes = new Set([wanted]);
  if (within !== '' && wanted.startsWith(`${within}.`)) {
    prefixes.add(wanted.slice(within.length + 1));
  }
  for (const prefix of prefixes) {
    const begin = `${prefix}.`;
    const refs = beginningWith(candidate.refs, begin);
    const unreadable = beginningWith(candidate.unreadable, begin);
    if (refs.size + unreadable.size > 0) {
      return { path: [...candidate.path, prefix], value: candidate.value, refs, unreadable };
    }
  }
  return null;
}

function beginningWith<T>(tensors: ReadonlyMap<string, T>, begin: string): Map<string, T> {
  const part = [...tensors].filter(([key]) => key.startsWith(begin));
  return new Map(part.map(([key, tensor]) => [key.slice(begin.length), tensor]));
}

function list(
  candidates: readonly FoundStateDict[],
  described: ReadonlyMap<FoundStateDict, string> = new Map(),
): string {
  const shown = candidates.slice(0, MAX_SHOWN).map((candidate) => {
    const name = candidate.path.join('.').slice(0, 80);
    const what = described.get(candidate) ?? tensors(candidate);
    return name === '' ? `the whole (${what})` : `${JSON.stringify(name)} (${what})`;
  });
  const more = candidates.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function tensors({ refs, unreadable }: FoundStateDict): string {
  const size = refs.size + unreadable.size;
  return `${size} ${size === 1 ? 'tensor' : 'tensors'}`;
}

/** The tensors of a dict under texts; `null` when there is none. */
function readTensors(file: OpenedContainer, { path, value }: Place): FoundStateDict | null {
  const refs = new Map<string, TensorRef>();
  const unreadable = new Map<string, UnreadableTensor>();
  for (const [key, item] of itemEntries(value) ?? []) {
    if (typeof key !== 'string') continue;
    const found = file.tensorRef(item, key);
    if (found === null) continue;
    // What lists the tensors has each side of each of them.
    const sides = found instanceof UnreadableTensor ? 0 : found.shape.length;
    file.budget.takeValues(2 * COSTS.mapEntry + COSTS.slot * sides, 'The list of tensors');
    if (found instanceof UnreadableTensor) unreadable.set(key, found);
    else refs.set(key, found);
  }
  return refs.size + unreadable.size === 0 ? null : { path, value, refs, unreadable };
}
