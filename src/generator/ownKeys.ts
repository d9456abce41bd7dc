import type { Shaped } from '../nn/loadStateDict.js';
import { sizeOf } from '../tensor/shape.js';
import type { Anchor } from './family.js';
import { severalGenerators } from './notAGenerator.js';

/** What an average over training is called, which is kept beside the network. */
const AVERAGE = /(^|[._])(ema|avg|average[d]?|shadow)(_model)?\.$|ema\.$/i;

export interface OwnKeys<T> {
  /** What stands before the network's own keys, `module.`; empty when nothing does. */
  readonly prefix: string;
  readonly own: ReadonlyMap<string, T>;
}

/** Whether the key that a family is found by is there, with whatever before it. */
export function hasAnchor(tensors: ReadonlyMap<string, Shaped>, anchor: Anchor): boolean {
  const tensor = tensors.get(anchor.key);
  return (
    (tensor !== undefined && anchor.fits(tensor)) ||
    lacksOutermost(tensors, anchor) ||
    prefixesOf(tensors, anchor).length > 0
  );
}

/** How many times larger than a network what stands around it is, if it is one. */
const MUCH_LARGER = 4;
/** More networks are in no file; layers that have a name many times are. */
const MAX_NETWORKS = 64;

/**
 * DataParallel and wrapper modules put a name before every key: `module.model.1.weight`. Who saved the generator's
 * `model` alone has keys without it: `1.weight`. A whole training module has other networks beside it.
 *
 * @param isNetwork Whether keys and shapes are a whole network's. Where several names stand before the anchor, this tells networks
 * from layers of another network that are called as the family's first one is.
 * @returns `null` where none of several is a network, nor one that is small beside the whole.
 * @throws StateDictError when there are several networks.
 */
export function withOwnKeys<T extends Shaped>(
  stateDict: ReadonlyMap<string, T>,
  anchor: Anchor,
  notes: string[],
  isNetwork: (own: ReadonlyMap<string, T>) => boolean,
): OwnKeys<T> | null {
  if (stateDict.has(anchor.key)) return { prefix: '', own: stateDict };
  const { outermost = '' } = anchor;
  if (lacksOutermost(stateDict, anchor)) {
    notes.push(`Added the prefix "${outermost}" to ${stateDict.size} keys.`);
    return { prefix: '', own: new Map([...stateDict].map(([k, t]) => [outermost + k, t])) };
  }
  const named = prefixesOf(stateDict, anchor);
  if (named.length === 0) return { prefix: '', own: stateDict };
  if (named.length > MAX_NETWORKS) return null;
  const all = named.filter((prefix) => {
    const own = keysUnder(stateDict, prefix);
    // Alone, it may be a damaged network, but for a few layers of something larger.
    return (named.length === 1 && own.size * MUCH_LARGER >= stateDict.size) || isNetwork(own);
  });
  if (all.length === 0) return null;
  const trained = all.filter((name) => !AVERAGE.test(name));
  const prefixes = trained.length === 1 ? trained : all;
  if (prefixes.length > 1) throw severalGenerators(prefixes);
  const [prefix] = prefixes;
  for (const other of all.filter((name) => name !== prefix)) {
    const [taken, left] = [prefix, other].map((name) => quoted(name.slice(0, -1)));
    notes.push(
      `${taken} was taken; ${left} is an average of it over its training: --key NAME takes it.`,
    );
  }
  const own = keysUnder(stateDict, prefix);
  notes.push(`Removed the prefix "${prefix.slice(0, 200)}" from ${own.size} keys.`);
  const beside = [...stateDict].filter(([key]) => !key.startsWith(prefix));
  if (beside.length > 0) notes.push(...leftOut(beside, prefix));
  return { prefix, own };
}

function keysUnder<T>(tensors: ReadonlyMap<string, T>, prefix: string): ReadonlyMap<string, T> {
  const own = [...tensors].filter(([key]) => key.startsWith(prefix));
  return new Map(own.map(([key, tensor]) => [key.slice(prefix.length), tensor]));
}

/** Names of other networks in a message. */
const MAX_NAMES = 4;
/** What pictures are normalised by, where a module does it in front of a network. */
const NORMALISING = /(^|\.)((img|image|pixel)_)?(mean|std)$/;
/** A number for each channel of a picture. */
const MAX_CHANNELS = 4;

/**
 * What stands beside a generator, by name: whether it is a part of what makes the picture, people can tell and keys cannot.
 *
 * @param prefix Of the generator's keys.
 */
function leftOut(beside: readonly (readonly [string, Shaped])[], prefix: string): string[] {
  const parent = prefix.slice(0, prefix.lastIndexOf('.', prefix.length - 2) + 1);
  const networks = new Map<string, boolean>();
  for (const [key, { shape }] of beside) {
    const begin = key.startsWith(parent) ? parent.length : 0;
    const end = key.indexOf('.', begin);
    const name = key.slice(0, end === -1 ? key.length : end);
    const normalises = NORMALISING.test(key) && sizeOf(shape) <= MAX_CHANNELS;
    networks.set(name, normalises && networks.get(name) !== false);
  }
  const names = [...networks.keys()].slice(0, MAX_NAMES).map((name) => quoted(name));
  const more = networks.size > MAX_NAMES ? ', …' : '';
  const normalising = [...networks].flatMap(([name, normalises]) => (normalises ? [name] : []));
  const note = `Left out ${beside.length} tensors that stand beside it (${names.join(', ')}${more}).`;
  if (normalising.length === 0) return [note];
  return [
    note,
    `${normalising.slice(0, MAX_NAMES).map(quoted).join(' and ')} ${normalising.length === 1 ? 'looks' : 'look'} like what pictures were normalised by: if they were, the picture is wrong, for nothing is normalised here but by --input-range.`,
  ];
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}

/** Whether all keys are indices of layers, the anchor's among them. */
function lacksOutermost(
  tensors: ReadonlyMap<string, Shaped>,
  { key, fits, outermost }: Anchor,
): boolean {
  if (outermost === undefined) return false;
  const tensor = tensors.get(key.slice(outermost.length));
  if (tensor === undefined || !fits(tensor)) return false;
  return [...tensors.keys()].every((name) => /^\d+\./.test(name));
}

function prefixesOf(tensors: ReadonlyMap<string, Shaped>, { key, fits }: Anchor): string[] {
  return [...tensors]
    .filter(([name, tensor]) => name.endsWith(`.${key}`) && fits(tensor))
    .map(([name]) => name.slice(0, -key.length));
}
