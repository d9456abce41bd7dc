import { compareStateDict, type Shaped } from '../nn/loadStateDict.js';
import type { Module } from '../nn/module.js';
import { withoutSeeds } from '../nn/random.js';
import { type Family, type FamilyConfig, MisfitError } from './family.js';
import { describeDifference, noTensors, notAGenerator } from './notAGenerator.js';
import { withOwnKeys } from './ownKeys.js';

/** A generator that a state dict was recognised as. */
export interface Recognised<T extends Shaped, C extends FamilyConfig, M extends Module> {
  readonly family: Family<C, M>;
  readonly config: C;
  /** What stands before the generator's own keys, `module.`; empty when nothing does. */
  readonly prefix: string;
  /** The same tensors under the generator's own keys: every key and every shape is the network's. */
  readonly adapted: ReadonlyMap<string, T>;
  /** What was changed, a sentence each. */
  readonly notes: readonly string[];
  /** Built, in training mode; weights are yet to be loaded. */
  readonly network: M;
}

/**
 * Reads a state dict, or what a file tells of its keys and shapes, as a generator of a family. Whatever comes out loads:
 * every key and every shape is accounted for.
 *
 * @throws StateDictError when they are not the family's: with what differs, and what they look like.
 */
export function readGenerator<T extends Shaped, C extends FamilyConfig, M extends Module>(
  family: Family<C, M>,
  stateDict: ReadonlyMap<string, T>,
): Recognised<T, C, M> {
  checkTensors(stateDict);
  const notes: string[] = [];
  const { prefix, own } = withOwnKeys(stateDict, family.anchor, notes);
  const config = infer(family, own, stateDict);
  // Weights are not drawn before somebody asks for them: this costs no more than its keys.
  const network = withoutSeeds(() => family.build(config));
  const adapted = family.adapt?.(own, network, notes) ?? own;
  const expected = network.stateDictShapes();
  const difference = compareStateDict(expected, adapted);
  if (Object.values(difference).some(({ length }) => length > 0)) {
    const reason = describeDifference(family.describe(config), difference, expected, adapted);
    throw notAGenerator(stateDict, family.title, reason, difference);
  }
  return { family, config, prefix, adapted, notes, network };
}

function infer<C extends FamilyConfig, M extends Module>(
  family: Family<C, M>,
  own: ReadonlyMap<string, Shaped>,
  whole: ReadonlyMap<string, Shaped>,
): C {
  try {
    return family.infer(own);
  } catch (error) {
    if (!(error instanceof MisfitError)) throw error;
    const difference = { missing: [error.key], unexpected: [...whole.keys()], mismatched: [] };
    throw notAGenerator(whole, family.title, error.message, difference);
  }
}

/** @throws StateDictError for values that are no tensors: who calls without types may have put anything into the map. */
export function checkTensors(stateDict: ReadonlyMap<string, Shaped>): void {
  const strange = [...stateDict].filter(([, value]) => !isShaped(value)).map(([key]) => key);
  if (strange.length > 0) throw noTensors(strange);
}

function isShaped(value: Partial<Shaped> | null | undefined): boolean {
  return Array.isArray(value?.shape);
}
