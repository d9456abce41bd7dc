import { type Shaped, type StateDictDifference, StateDictError } from '../nn/loadStateDict.js';
import { formatShape } from '../tensor/shape.js';
import { directionOf } from './directions.js';
import { recognise, recogniseNear } from './recognise.js';

/** Keys of each kind in a message. */
const MAX_SHOWN = 2;
/** Characters of a key in a message. */
const MAX_LENGTH = 200;
/** Names of networks in a message. */
const MAX_NAMES = 10;

/** Values that are no tensors: who calls without types may have put anything into the map. */
export function noTensors(keys: readonly string[]): StateDictError {
  return new StateDictError(
    `What this state dict holds under ${shorten(keys, quoted)} is no tensor.`,
    { missing: [], unexpected: [], mismatched: [...keys] },
  );
}

/** @param prefixes What the keys of each begin with. */
export function severalGenerators(prefixes: readonly string[]): StateDictError {
  const names = prefixes.slice(0, MAX_NAMES).map((prefix) => {
    const name = prefix.slice(0, -1);
    const direction = directionOf(name);
    return direction === null ? quoted(name) : `${quoted(name)}: ${direction}`;
  });
  const more = prefixes.length > MAX_NAMES ? ', …' : '';
  return new StateDictError(
    `This state dict holds ${prefixes.length} generators: say which with --key (${names.join(', ')}${more}).`,
    { missing: [], unexpected: [], mismatched: [] },
  );
}

/** Says what a state dict looks like. */
export type Look = () => string;

/** Looks at a state dict once, whatever number of families are tried: that takes a while where keys are many and long. */
export function lookAt(stateDict: ReadonlyMap<string, Shaped>): Look {
  let found: string | null = null;
  return () => {
    found ??= recognise(stateDict) ?? keysOf(stateDict);
    return found;
  };
}

/**
 * The error of a state dict that has the keys of no family: what it looks like.
 * @param kinds How many families there are.
 */
export function noGenerator(
  stateDict: ReadonlyMap<string, Shaped>,
  kinds: number,
  look: Look,
): StateDictError {
  return new StateDictError(
    `This state dict fits none of the ${kinds} kinds of generators that can be run (docs/models.md lists them). ${look()}`,
    { missing: [], unexpected: [...stateDict.keys()], mismatched: [] },
  );
}

/**
 * The error of a state dict that is not a generator's of a family: why, and what it looks like.
 * @param title What the family's generators are called, `a ResNet generator`.
 * @param difference By the keys of the generator that it comes closest to.
 */
export function notAGenerator(
  stateDict: ReadonlyMap<string, Shaped>,
  title: string,
  reason: string,
  difference: StateDictDifference,
  look: Look = lookAt(stateDict),
): StateDictError {
  // What is almost a family's is hardly anything else that is known.
  const isNear = sizeOfDifference(difference) < stateDict.size / 2;
  const seen = isNear ? (recogniseNear(stateDict) ?? keysOf(stateDict)) : look();
  return new StateDictError(
    `This state dict is not that of ${title}: ${reason}. ${seen}`,
    difference,
  );
}

/** Layers of another network have the name of a family's first layer. */
export class NoneOfSeveralError extends StateDictError {
  /** @param title What the family's generators are called. */
  constructor(stateDict: ReadonlyMap<string, Shaped>, title: string, anchor: string, look: Look) {
    super(
      `This state dict is not that of ${title}: no layer called "${anchor}" begins such a network. ${look()}`,
      { missing: [], unexpected: [...stateDict.keys()], mismatched: [] },
    );
  }
}

/** How many keys a state dict lacks, has too much, or has of other shapes. */
function sizeOfDifference({ missing, unexpected, mismatched }: StateDictDifference): number {
  return missing.length + unexpected.length + mismatched.length;
}

function keysOf(stateDict: ReadonlyMap<string, unknown>): string {
  const shown = [...stateDict.keys()].slice(0, 3).map(quoted);
  const from = shown.length === 0 ? '' : `, from ${shown.join(', ')} on`;
  return `It has ${stateDict.size} keys${from}.`;
}

/**
 * What a state dict lacks, has too much, or has of other shapes, for a message.
 * @param network Which network it was compared with, as its family describes it.
 */
export function describeDifference(
  network: string,
  { missing, unexpected, mismatched }: StateDictDifference,
  expected: ReadonlyMap<string, Shaped>,
  found: ReadonlyMap<string, Shaped>,
): string {
  const shapes = (key: string) => {
    const [is, shouldBe] = [found, expected].map((map) => formatShape(map.get(key)?.shape ?? []));
    return `${quoted(key)} ${is} in place of ${shouldBe}`;
  };
  const parts = [
    listed('lacks', missing, quoted),
    listed('has beside them', unexpected, quoted),
    listed('has of another shape', mismatched, shapes),
  ].filter((part) => part !== null);
  return `of the keys of ${network}, it ${parts.join('; it ')}`;
}

/** `lacks 12 ("a", "b", …)`; `null` for none. */
function listed(
  verb: string,
  keys: readonly string[],
  show: (key: string) => string,
): string | null {
  return keys.length === 0 ? null : `${verb} ${keys.length} (${shorten(keys, show)})`;
}

function shorten(keys: readonly string[], show: (key: string) => string): string {
  return [...keys.slice(0, MAX_SHOWN).map(show), ...(keys.length > MAX_SHOWN ? ['…'] : [])].join(
    ', ',
  );
}

function quoted(key: string): string {
  return JSON.stringify(key.slice(0, MAX_LENGTH));
}
