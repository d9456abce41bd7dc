import { compareStateDict, type Shaped, type StateDictError } from '../nn/loadStateDict.js';
import { withoutSeeds } from '../nn/random.js';
import {
  describeDifference,
  noTensors,
  notAGenerator,
  severalGenerators,
} from './notAGenerator.js';
import type { GeneratorConfig, NormKind } from './options.js';
import { FIRST_BLOCK, LAST_CONVOLUTION, resNetLayers } from './resNetLayers.js';
import { withoutUnusedStatistics } from './unusedStatistics.js';

/** What keys and shapes tell of a generator. */
export type InferredConfig = GeneratorConfig & {
  /** What stands before the generator's own keys, `module.`; empty when nothing does. */
  readonly prefix: string;
};

export interface AdaptedStateDict<T extends Shaped> {
  readonly config: GeneratorConfig;
  readonly prefix: string;
  /** The same tensors under the generator's own keys. */
  readonly adapted: ReadonlyMap<string, T>;
  /** What was changed, a sentence each. */
  readonly notes: readonly string[];
}

const MODEL = 'model.';
const FIRST_CONV = `${MODEL}1.weight`;
const FIRST_KERNEL = 7;
/** Published generators have nine; what names more than this is no such generator, and building it would take long. */
const MAX_BLOCKS = 1000;

/**
 * Reads a generator's configuration off the keys and shapes of its state dict; `openWeights(…).tensors` will do.
 * @throws StateDictError when they are not a ResNet generator's.
 */
export function inferConfig(stateDict: ReadonlyMap<string, Shaped>): InferredConfig {
  const { config, prefix } = adaptStateDict(stateDict);
  return { ...config, prefix };
}

/**
 * Which generator a state dict is, and its tensors under that generator's own keys: whatever comes out loads, every key
 * and every shape is accounted for.
 *
 * @throws StateDictError when the keys and shapes are not a ResNet generator's: with what differs, and what they look like.
 */
export function adaptStateDict<T extends Shaped>(
  stateDict: ReadonlyMap<string, T>,
): AdaptedStateDict<T> {
  const strange = [...stateDict].filter(([, value]) => !isShaped(value)).map(([key]) => key);
  if (strange.length > 0) throw noTensors(strange);
  const notes: string[] = [];
  const { prefix, plain } = withOwnKeys(stateDict, notes);
  const config = readConfig(plain, stateDict);
  // Weights are not drawn before somebody asks for them: this costs no more than its keys.
  const layers = withoutSeeds(() => resNetLayers(config));
  const adapted = withoutUnusedStatistics(plain, layers, MODEL, notes);
  const expected = new Map(
    [...layers.stateDictShapes()].map(([key, shape]) => [MODEL + key, shape]),
  );
  const difference = compareStateDict(expected, adapted);
  if (Object.values(difference).some(({ length }) => length > 0)) {
    const reason = describeDifference(config, difference, expected, adapted);
    throw notAGenerator(stateDict, reason, difference);
  }
  return { config, prefix, adapted, notes };
}

/**
 * What a few keys tell of a generator; all of them are then compared with those that it would have.
 * @param whole The state dict as it was given, for messages.
 */
function readConfig(
  plain: ReadonlyMap<string, Shaped>,
  whole: ReadonlyMap<string, Shaped>,
): GeneratorConfig {
  const first = plain.get(FIRST_CONV);
  if (first === undefined || !isFirstConv(first)) {
    throw lacking(FIRST_CONV, whole, `the 7×7 convolution ${FIRST_CONV} is not there`);
  }
  const nBlocks = countBlocks(plain.keys());
  const lastKey = `${MODEL}${FIRST_BLOCK + nBlocks + LAST_CONVOLUTION}.weight`;
  const last = plain.get(lastKey);
  if (nBlocks > MAX_BLOCKS) {
    throw lacking(lastKey, whole, `it names ${nBlocks} residual blocks, more than ${MAX_BLOCKS}`);
  }
  if (last === undefined || last.shape.length !== 4) {
    const blocks = `${nBlocks} residual ${nBlocks === 1 ? 'block' : 'blocks'}`;
    throw lacking(lastKey, whole, `with ${blocks}, its last convolution would be ${lastKey}`);
  }
  const counts = { inputNc: first.shape[1], outputNc: last.shape[0], ngf: first.shape[0] };
  if (!Object.values(counts).every((count) => count >= 1)) {
    throw lacking(FIRST_CONV, whole, 'one of its convolutions has no channels');
  }
  return {
    ...counts,
    nBlocks,
    norm: normKind(plain),
    dropout: hasDropout(plain),
    bias: plain.has(`${MODEL}1.bias`),
  };
}

function lacking(key: string, whole: ReadonlyMap<string, Shaped>, reason: string): StateDictError {
  const unexpected = [...whole.keys()];
  return notAGenerator(whole, reason, { missing: [key], unexpected, mismatched: [] });
}

function countBlocks(keys: Iterable<string>): number {
  const blocks = new Set<string>();
  for (const key of keys) {
    const index = /^model\.(\d+)\.conv_block\./.exec(key)?.[1];
    if (index !== undefined) blocks.add(index);
  }
  return blocks.size;
}

interface OwnKeys<T> {
  readonly prefix: string;
  readonly plain: ReadonlyMap<string, T>;
}

/**
 * DataParallel and wrapper modules put a name before every key: `module.model.1.weight`. Who saved the generator's
 * `model` alone has keys without it: `1.weight`. A whole training module has other networks beside it.
 */
function withOwnKeys<T extends Shaped>(
  stateDict: ReadonlyMap<string, T>,
  notes: string[],
): OwnKeys<T> {
  const keys = [...stateDict.keys()];
  if (stateDict.has(FIRST_CONV)) return { prefix: '', plain: stateDict };
  if (stateDict.has(FIRST_CONV.slice(MODEL.length)) && keys.every((k) => /^\d+\./.test(k))) {
    notes.push(`Added the prefix "${MODEL}" to ${keys.length} keys.`);
    const plain = new Map([...stateDict].map(([k, tensor]) => [MODEL + k, tensor]));
    return { prefix: '', plain };
  }
  const prefixes = [...stateDict]
    .filter(([key, tensor]) => key.endsWith(`.${FIRST_CONV}`) && isFirstConv(tensor))
    .map(([key]) => key.slice(0, -FIRST_CONV.length));
  if (prefixes.length > 1) throw severalGenerators(prefixes);
  if (prefixes.length === 0) return { prefix: '', plain: stateDict };
  const [prefix] = prefixes;
  const own = [...stateDict].filter(([key]) => key.startsWith(prefix));
  notes.push(`Removed the prefix "${prefix.slice(0, 200)}" from ${own.length} keys.`);
  if (own.length < keys.length) {
    notes.push(`Left out ${keys.length - own.length} tensors of other networks.`);
  }
  return { prefix, plain: new Map(own.map(([key, t]) => [key.slice(prefix.length), t])) };
}

function isFirstConv({ shape }: Shaped): boolean {
  return shape.length === 4 && shape[2] === FIRST_KERNEL;
}

/** Dropout shifts the second convolution from 5 to 6, where otherwise the norm stands. */
function hasDropout(stateDict: ReadonlyMap<string, Shaped>): boolean {
  return stateDict.get(`${MODEL}${FIRST_BLOCK}.conv_block.6.weight`)?.shape.length === 4;
}

/** Batch norm learns a scale and keeps statistics; instance norm has one of the two at most. */
function normKind(stateDict: ReadonlyMap<string, unknown>): NormKind {
  if (!stateDict.has('model.2.weight')) return 'instance';
  return stateDict.has('model.2.running_mean') ? 'batch' : 'instanceAffine';
}

function isShaped(value: Partial<Shaped> | null | undefined): boolean {
  return Array.isArray(value?.shape);
}
