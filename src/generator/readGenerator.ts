import {
  checkStateDict,
  compareStateDict,
  type Shaped,
  type StateDictDifference,
  StateDictError,
} from '../nn/loadStateDict.js';
import type { Module } from '../nn/module.js';
import { withoutSeeds } from '../nn/random.js';
import type { Tensor } from '../tensor/tensor.js';
import {
  type Family,
  type FamilyConfig,
  MisfitError,
  type SavedOptions,
  type TraitOptions,
} from './family.js';
import { computeFolded, type Foldings, foldKeys } from './folding/folding.js';
import {
  describeDifference,
  type Look,
  lookAt,
  NoneOfSeveralError,
  noTensors,
  notAGenerator,
} from './notAGenerator.js';
import { withOwnKeys } from './ownKeys.js';
import { useStatistics } from './statistics.js';

/** A generator that a state dict was recognised as. */
export interface Recognised<T extends Shaped, C extends FamilyConfig, M extends Module> {
  readonly family: Family<C, M>;
  readonly config: C;
  /** What stands before the generator's own keys, `module.`; empty when nothing does. */
  readonly prefix: string;
  /** The same tensors under the generator's own keys: every key and every shape is the network's. */
  readonly adapted: ReadonlyMap<string, T>;
  /** Tensors of `adapted` that stand for weights which are computed of several. */
  readonly foldings: Foldings<T>;
  /** What was changed, a sentence each. */
  readonly notes: readonly string[];
  /** What keys and shapes cannot tell, a sentence each, but for what somebody has told already. */
  readonly hints: (told: TraitOptions) => readonly string[];
  /** Built, in training mode, its norms using the statistics that its family says; weights are yet to be loaded. */
  readonly network: M;
}

/**
 * Reads a state dict, or what a file tells of its keys and shapes, as a generator of a family. Whatever comes out loads:
 * every key and every shape is accounted for.
 *
 * @param saved What was saved beside them.
 * @param look What they look like, for the error.
 * @throws StateDictError when they are not the family's: with what differs, and what they look like.
 */
export function readGenerator<T extends Shaped, C extends FamilyConfig, M extends Module>(
  family: Family<C, M>,
  stateDict: ReadonlyMap<string, T>,
  saved: SavedOptions = {},
  look = lookAt(stateDict),
): Recognised<T, C, M> {
  checkTensors(stateDict);
  const notes: string[] = [];
  const { tensors, foldings } = plainKeys(stateDict, notes);
  const isNetwork = (own: ReadonlyMap<string, T>) => isOf(family, own, saved);
  const keys = withOwnKeys(tensors, family.anchor, notes, isNetwork);
  if (keys === null) throw new NoneOfSeveralError(stateDict, family.title, family.anchor.key, look);
  const { prefix, own } = keys;
  const config = infer(family, own, { stateDict, saved, look });
  const { network, adapted, expected, difference } = compare(family, config, own, notes);
  if (isSome(difference)) {
    const reason = describeDifference(family.describe(config), difference, expected, adapted);
    throw notAGenerator(stateDict, family.title, reason, difference, look);
  }
  useStatistics(network, family.traits(config).statistics);
  const hints = (told: TraitOptions) => family.hints?.(own, config, told) ?? [];
  return { family, config, prefix, adapted, foldings, notes, hints, network };
}

/** Whether keys and shapes are those of a network of a family. */
function isOf<T extends Shaped, C extends FamilyConfig, M extends Module>(
  family: Family<C, M>,
  own: ReadonlyMap<string, T>,
  saved: SavedOptions,
): boolean {
  try {
    return !isSome(compare(family, family.infer(own, saved), own, []).difference);
  } catch (error) {
    if (error instanceof MisfitError || error instanceof StateDictError) return false;
    throw error;
  }
}

function compare<T extends Shaped, C extends FamilyConfig, M extends Module>(
  family: Family<C, M>,
  config: C,
  own: ReadonlyMap<string, T>,
  notes: string[],
) {
  // Weights are not drawn before somebody asks for them: this costs no more than its keys.
  const network = withoutSeeds(() => family.build(config));
  const adapted = family.adapt?.(own, network, notes) ?? own;
  const expected = network.stateDictShapes();
  return { network, adapted, expected, difference: compareStateDict(expected, adapted) };
}

function isSome(difference: StateDictDifference): boolean {
  return Object.values(difference).some(({ length }) => length > 0);
}

/** Loads the weights into the network that was built for them. */
export function loadRecognised<C extends FamilyConfig, M extends Module>({
  network,
  adapted,
  foldings,
}: Recognised<Tensor, C, M>): M {
  network.loadStateDict(computeFolded(adapted, foldings, network));
  return network;
}

/** A state dict under the keys of the modules themselves: what PyTorch can put around a module or a weight is taken away. */
export function plainKeys<T extends Shaped>(
  stateDict: ReadonlyMap<string, T>,
  notes: string[] = [],
) {
  return foldKeys(withoutCompiled(stateDict, notes), notes);
}

/** `torch.compile` puts a module of this name around whatever it has compiled. */
const COMPILED = /(^|\.)_orig_mod\./g;

function withoutCompiled<T>(
  stateDict: ReadonlyMap<string, T>,
  notes: string[],
): ReadonlyMap<string, T> {
  const renamed = [...stateDict].map(
    ([key, tensor]) => [key.replace(COMPILED, '$1'), tensor] as const,
  );
  const tensors = new Map(renamed);
  const count = [...stateDict.keys()].filter((key, i) => key !== renamed[i][0]).length;
  // Names that only differ in it are not of one network.
  if (count === 0 || tensors.size < stateDict.size) return stateDict;
  notes.push(`Removed "_orig_mod" of torch.compile from ${count} keys.`);
  return tensors;
}

function infer<C extends FamilyConfig, M extends Module>(
  family: Family<C, M>,
  own: ReadonlyMap<string, Shaped>,
  {
    stateDict,
    saved,
    look,
  }: {
    readonly stateDict: ReadonlyMap<string, Shaped>;
    readonly saved: SavedOptions;
    readonly look: Look;
  },
): C {
  try {
    return family.infer(own, saved);
  } catch (error) {
    if (!(error instanceof MisfitError)) throw error;
    const difference = { missing: [error.key], unexpected: [...stateDict.keys()], mismatched: [] };
    throw notAGenerator(stateDict, family.title, error.message, difference, look);
  }
}

/** @throws StateDictError for values that are no tensors: who calls without types may have put anything into the map. */
export function checkTensors(stateDict: ReadonlyMap<string, Shaped>): void {
  checkStateDict(stateDict);
  const strange = [...stateDict].filter(([, value]) => !isShaped(value)).map(([key]) => key);
  if (strange.length > 0) throw noTensors(strange);
}

function isShaped(value: Partial<Shaped> | null | undefined): boolean {
  return Array.isArray(value?.shape);
}
