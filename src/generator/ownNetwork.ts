import { CycleganError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { traceGraph } from '../nn/compile.js';
import { compareStateDict, type Shaped } from '../nn/loadStateDict.js';
import type { Module } from '../nn/module.js';
import { withoutSeeds } from '../nn/random.js';
import { Tensor } from '../tensor/tensor.js';
import type { AnyRecognised } from './families.js';
import {
  type Family,
  type FamilyConfig,
  type PictureTraits,
  type SizeRule,
  USUAL_TRAITS,
  type ValueRange,
} from './family.js';
import { describeDifference, notAGenerator } from './notAGenerator.js';
import { plainKeys } from './readGenerator.js';
import { useStatistics } from './statistics.js';
import { inputRangeOf, outputRangeOf } from './valueRanges.js';

/** A network that its file describes by itself: no family has to know it. */
export interface OwnNetwork {
  /** Short, for data: `onnx`. */
  readonly name: string;
  /** For messages: `an ONNX model`. */
  readonly title: string;
  /** One line. */
  readonly description: string;
  /** What can be told of it as data. */
  readonly config: FamilyConfig;
  readonly traits: PictureTraits;
  readonly notes: readonly string[];
  /** Another one, with weights yet to be loaded. */
  build(): Module;
}

/**
 * The state dict of such a network, as if its family had recognised it.
 * @throws StateDictError when its keys are not the network's.
 */
export function recogniseOwn<T extends Shaped>(
  own: OwnNetwork,
  stateDict: ReadonlyMap<string, T>,
): AnyRecognised<T> {
  const notes = [...own.notes];
  const { tensors, foldings } = plainKeys(stateDict, notes);
  const network = withoutSeeds(() => own.build());
  const expected = network.stateDictShapes();
  const difference = compareStateDict(expected, tensors);
  if (Object.values(difference).some(({ length }) => length > 0)) {
    const reason = describeDifference(own.description, difference, expected, tensors);
    throw notAGenerator(stateDict, own.title, reason, difference);
  }
  useStatistics(network, own.traits.statistics);
  const family = familyOf(own, [...expected.keys()][0] ?? '');
  const { config } = own;
  return {
    family,
    config,
    prefix: '',
    adapted: tensors,
    foldings,
    notes,
    hints: () => [],
    network,
  };
}

/**
 * A network that is looked at before its weights are there: none are drawn for that.
 * @returns Why its keys or shapes are not those of a file; `null` where they are.
 */
export function withoutNumbers(
  network: Module,
  description: string,
  stateDict: ReadonlyMap<string, Shaped>,
): string | null {
  const expected = network.stateDictShapes();
  const { tensors } = plainKeys(stateDict);
  const difference = compareStateDict(expected, tensors);
  if (Object.values(difference).some(({ length }) => length > 0)) {
    return describeDifference(description, difference, expected, tensors);
  }
  const zeros = (to: Float32Array) => {
    to.fill(0);
  };
  network.loadStateDict(
    new Map([...expected].map(([key, { shape }]) => [key, new Tensor(zeros, shape)])),
  );
  return null;
}

/** A family that has this network alone. */
function familyOf(own: OwnNetwork, key: string): Family {
  return {
    name: own.name,
    title: own.title,
    repository: '',
    className: own.description,
    anchor: { key, fits: () => true },
    matches: () => false,
    infer: () => own.config,
    build: () => own.build(),
    describe: () => own.description,
    traits: () => own.traits,
  };
}

/** Of every side that a network rounds up to, or needs a multiple of, this is one. */
const BASE = 256;
/** How much longer sides are tried. */
const LONGER = [1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256];
const POWERS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** What can be told of pictures by tracing a network for sides of several lengths. */
export interface MeasuredSizes {
  readonly sizeRule: SizeRule;
  readonly outputChannels: number;
}

/**
 * Which sides a network takes, and what it makes of them: nothing is computed for that.
 * @returns `null` where it takes no picture of 256 pixels a side.
 */
export function measureSizes(module: Module, inputChannels: number): MeasuredSizes | null {
  const made = (side: number) => outputShape(module, [1, inputChannels, side, side]);
  const base = made(BASE);
  if (base === null) return null;
  const outputChannels = base[1] ?? 0;
  const outputs = new Map(LONGER.map((more) => [more, made(BASE + more)?.[2] ?? null]));
  const grows = (base[2] ?? 0) - BASE;
  for (const multipleOf of POWERS) {
    const taken = [...outputs].filter(([more]) => more % multipleOf === 0);
    if (taken.some(([, output]) => output === null)) continue;
    const roundsUpTo = POWERS.find((to) =>
      taken.every(([more, output]) => output === Math.ceil((BASE + more) / to) * to + grows),
    );
    const growth = roundsUpTo === undefined || grows === 0 ? {} : { grows };
    const sizeRule = { multipleOf, roundsUpTo: roundsUpTo ?? 1, ...growth };
    return { outputChannels, sizeRule };
  }
  return { outputChannels, sizeRule: { multipleOf: 1, roundsUpTo: 1, exactly: BASE } };
}

/** Of the output for an input; `null` where the network does not take it. */
function outputShape(module: Module, shape: readonly number[]): readonly number[] | null {
  try {
    const { values, outputs } = traceGraph(module, shape);
    return values[outputs[0]].shape;
  } catch (error) {
    if (error instanceof CycleganError) return null;
    throw error;
  }
}

/** What goes in and comes out, but for the values of pictures. */
export function measuredTraits(
  inputChannels: number,
  { sizeRule, outputChannels }: MeasuredSizes,
): PictureTraits {
  return { ...USUAL_TRAITS, inputChannels, outputChannels, sizeRule, statistics: 'running' };
}

/** Values of a network's pictures, and what people have to be told of them. */
export interface MeasuredRanges extends Pick<PictureTraits, 'inputRange' | 'outputRange'> {
  readonly notes: readonly string[];
}

/**
 * Which values a network's pictures have, as far as its graph tells: one that ends in a sigmoid makes values in [0, 1].
 * @param known Traits of the family that its weights are named after, if they are.
 * @param asked The input's, as a caller or the file says.
 */
export function measuredRanges(
  graph: Graph,
  known: PictureTraits | null,
  asked: ValueRange | undefined,
): MeasuredRanges {
  const made = outputRangeOf(graph);
  const fed = inputRangeOf(graph);
  const outputRange = made ?? known?.outputRange ?? asked ?? fed ?? USUAL_TRAITS.outputRange;
  const inputRange = fed ?? known?.inputRange ?? outputRange;
  const isTold = [fed, known, asked ?? null].some((told) => told !== null);
  // Nearly all that end in a tanh are given what they make.
  const isUsual = made?.[0] === USUAL_TRAITS.inputRange[0];
  const note = made === null ? UNKNOWN_RANGE : unknownInput(inputRange);
  return { inputRange, outputRange, notes: isTold || isUsual ? [] : [note] };
}

const UNKNOWN_RANGE =
  'Nothing in the model tells which values its pictures have: [-1, 1] is taken, in and out. --input-range (in code: inputRange) says otherwise, for both.';

function unknownInput([low, high]: ValueRange): string {
  return `Nothing in the model tells which values the pictures that it is given have: [${low}, ${high}] is taken, as it makes them. --input-range (in code: inputRange) says otherwise.`;
}

/** A network as it is looked at where nothing says for which sides. */
export function lookedAt(network: Module, inputChannels: number): Graph {
  return traceGraph(network, [1, inputChannels, BASE, BASE]);
}
