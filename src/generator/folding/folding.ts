import { ConvTranspose2d } from '../../nn/convTranspose2d.js';
import type { Shaped } from '../../nn/loadStateDict.js';
import type { Module } from '../../nn/module.js';
import { sizeOf } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { REPARAMETRIZATIONS, type Reparametrization } from './reparametrizations.js';

/** Tensors that stand for weights, by what stands in the weights' place until they are computed. */
export type Foldings<T> = ReadonlyMap<T, Folding<T>>;

interface Folding<T> {
  readonly how: Reparametrization;
  readonly parts: readonly T[];
}

/**
 * A state dict under the keys that it has without weight norm, spectral norm and pruning. In the place of a weight stands the
 * tensor that has its shape, for `computeFolded` to replace.
 *
 * @param notes Receives a sentence for each kind that was found.
 */
export function foldKeys<T extends Shaped>(
  stateDict: ReadonlyMap<string, T>,
  notes: string[],
): { readonly tensors: ReadonlyMap<string, T>; readonly foldings: Foldings<T> } {
  const tensors = new Map<string, T>();
  const foldings = new Map<T, Folding<T>>();
  const parts = new Set<string>();
  const counts = new Map<string, number>();
  for (const [key, tensor] of stateDict) {
    const found = findParts(stateDict, key);
    if (found === null) tensors.set(key, tensor);
    else {
      // Told from others by identity, whatever else is the same tensor.
      const place = (tensor instanceof Tensor ? tensor.share() : { ...tensor }) as T;
      tensors.set(found.weight, place);
      const all = found.keys.map((part) => stateDict.get(part) as T);
      foldings.set(place, { how: found.how, parts: all });
      for (const part of found.keys) parts.add(part);
      counts.set(found.how.title, (counts.get(found.how.title) ?? 0) + 1);
    }
  }
  if (foldings.size === 0) return { tensors: stateDict, foldings };
  for (const part of parts) tensors.delete(part);
  for (const [title, count] of counts) notes.push(`Folded the ${title} of ${count} weights.`);
  return { tensors, foldings };
}

/** The state dict with the weights themselves, as eval mode has them. */
export function computeFolded(
  tensors: ReadonlyMap<string, Tensor>,
  foldings: Foldings<Tensor>,
  network: Module,
): ReadonlyMap<string, Tensor> {
  if (foldings.size === 0) return tensors;
  const modules = new Map(network.namedModules());
  return new Map(
    [...tensors].map(([key, tensor]) => {
      const folding = foldings.get(tensor);
      if (folding === undefined) return [key, tensor];
      const module = modules.get(key.slice(0, key.lastIndexOf('.')));
      const outputAxis = module instanceof ConvTranspose2d ? 1 : 0;
      return [key, folding.how.weight(folding.parts, outputAxis)];
    }),
  );
}

interface FoundParts {
  readonly how: Reparametrization;
  /** The weight's own key. */
  readonly weight: string;
  readonly keys: readonly string[];
}

/** What a key is the first part of, where all others are there, and fit. */
function findParts(stateDict: ReadonlyMap<string, Shaped>, key: string): FoundParts | null {
  for (const how of REPARAMETRIZATIONS) {
    const stem = stemOf(key, how.parts[0]);
    if (stem === null) continue;
    const [before, name] = stem;
    const weight = before + name;
    const keys = how.parts.map((part) => before + part.replace('*', name));
    const shapes = keys.map((part) => stateDict.get(part)?.shape);
    if (stateDict.has(weight) || !shapes.every((shape) => shape !== undefined)) continue;
    if (fits(how, shapes)) return { how, weight, keys };
  }
  return null;
}

/** What stands before and in the place of `*`; `null` where the key is none of that pattern. */
function stemOf(key: string, pattern: string): [before: string, name: string] | null {
  const [begin, end] = pattern.split('*');
  if (!key.endsWith(end)) return null;
  const rest = key.slice(0, key.length - end.length);
  const at = rest.lastIndexOf('.') + 1;
  const [path, name] = [rest.slice(0, at), rest.slice(at)];
  if (name === '' || !path.endsWith(begin)) return null;
  return [path.slice(0, path.length - begin.length), name];
}

/** Whether the other parts are of sizes that go with the first: which side is which is known when the network is. */
function fits(
  { title }: Reparametrization,
  [main, ...others]: readonly (readonly number[])[],
): boolean {
  const size = sizeOf(main);
  if (title === 'pruning') return others.every((shape) => sizeOf(shape) === size);
  if (title === 'weight norm') {
    const [g] = others.map(sizeOf);
    return g === 1 || others[0].every((side, axis) => side === 1 || side === main[axis]);
  }
  const [u, v] = others.map(sizeOf);
  return main.slice(0, 2).includes(u) && u * v === size;
}
