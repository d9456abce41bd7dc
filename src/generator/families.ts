import { type Shaped, StateDictError } from '../nn/loadStateDict.js';
import type { Module } from '../nn/module.js';
import type { Family, FamilyConfig } from './family.js';
import { checkTensors, type Recognised, readGenerator } from './readGenerator.js';
import { BOOK_CONFIG } from './resnet/options.js';
import { resNetFamily } from './resnet/resNetGenerator.js';

/** Every family that can be run, the likeliest first. */
export const FAMILIES: readonly Family[] = [resNetFamily];

/** The generator of "Deep Learning with PyTorch", for callers who have no file. */
export const BOOK: { readonly family: Family; readonly config: FamilyConfig } = {
  family: resNetFamily,
  config: BOOK_CONFIG,
};

/** A generator of any family. */
export type AnyRecognised<T extends Shaped> = Recognised<T, FamilyConfig, Module>;

/**
 * Which generator a state dict is, or what a file tells of its keys and shapes.
 *
 * @param families Those that are tried, in their order.
 * @throws StateDictError when it is none that is known: with what differs, and what it looks like.
 */
export function recogniseGenerator<T extends Shaped>(
  stateDict: ReadonlyMap<string, T>,
  families = FAMILIES,
): AnyRecognised<T> {
  checkTensors(stateDict);
  const likely = families.filter((family) => family.matches(stateDict));
  let misfit: StateDictError | null = null;
  // What none takes for its own is told of by the first, whose files most people have.
  for (const family of likely.length > 0 ? likely : families.slice(0, 1)) {
    try {
      return readGenerator(family, stateDict);
    } catch (error) {
      if (!(error instanceof StateDictError)) throw error;
      misfit ??= error;
    }
  }
  throw misfit;
}
