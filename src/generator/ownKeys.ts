import type { Shaped } from '../nn/loadStateDict.js';
import type { Anchor } from './family.js';
import { severalGenerators } from './notAGenerator.js';

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

/**
 * DataParallel and wrapper modules put a name before every key: `module.model.1.weight`. Who saved the generator's
 * `model` alone has keys without it: `1.weight`. A whole training module has other networks beside it.
 *
 * @throws StateDictError when there are several.
 */
export function withOwnKeys<T extends Shaped>(
  stateDict: ReadonlyMap<string, T>,
  anchor: Anchor,
  notes: string[],
): OwnKeys<T> {
  if (stateDict.has(anchor.key)) return { prefix: '', own: stateDict };
  const { outermost = '' } = anchor;
  if (lacksOutermost(stateDict, anchor)) {
    notes.push(`Added the prefix "${outermost}" to ${stateDict.size} keys.`);
    return { prefix: '', own: new Map([...stateDict].map(([k, t]) => [outermost + k, t])) };
  }
  const prefixes = prefixesOf(stateDict, anchor);
  if (prefixes.length > 1) throw severalGenerators(prefixes);
  if (prefixes.length === 0) return { prefix: '', own: stateDict };
  const [prefix] = prefixes;
  const own = [...stateDict].filter(([key]) => key.startsWith(prefix));
  notes.push(`Removed the prefix "${prefix.slice(0, 200)}" from ${own.length} keys.`);
  if (own.length < stateDict.size) {
    notes.push(`Left out ${stateDict.size - own.length} tensors of other networks.`);
  }
  return { prefix, own: new Map(own.map(([key, t]) => [key.slice(prefix.length), t])) };
}

/** Whether all keys are indices of layers, the anchor's among them. */
function lacksOutermost(tensors: ReadonlyMap<string, Shaped>, { key, outermost }: Anchor): boolean {
  if (outermost === undefined || !tensors.has(key.slice(outermost.length))) return false;
  return [...tensors.keys()].every((name) => /^\d+\./.test(name));
}

function prefixesOf(tensors: ReadonlyMap<string, Shaped>, { key, fits }: Anchor): string[] {
  return [...tensors]
    .filter(([name, tensor]) => name.endsWith(`.${key}`) && fits(tensor))
    .map(([name]) => name.slice(0, -key.length));
}
