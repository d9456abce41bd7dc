import { StateDictError } from '../nn/loadStateDict.js';
import type { GeneratorOptions, NormKind } from './options.js';
import { recognise, type Shaped } from './recognise.js';

/** Everything that `new ResNetGenerator(…)` takes. */
export type GeneratorConfig = Required<GeneratorOptions> & {
  readonly inputNc: number;
  readonly outputNc: number;
  readonly ngf: number;
  readonly nBlocks: number;
};

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
const FIRST_BLOCK = 10;

/**
 * Reads a generator's configuration off the keys and shapes of its state dict; `openWeights(…).tensors` will do.
 * @throws StateDictError when they are not a ResNet generator's.
 */
export function inferConfig(stateDict: ReadonlyMap<string, Shaped>): InferredConfig {
  const { config, prefix } = adaptStateDict(stateDict);
  return { ...config, prefix };
}

/** @throws StateDictError when the keys are not a ResNet generator's. */
export function adaptStateDict<T extends Shaped>(
  stateDict: ReadonlyMap<string, T>,
): AdaptedStateDict<T> {
  const notes: string[] = [];
  const { prefix, plain } = withOwnKeys(stateDict, notes);
  const first = plain.get(FIRST_CONV);
  if (first === undefined || !isFirstConv(first)) {
    throw notAGenerator(stateDict, `the 7×7 convolution ${FIRST_CONV} is not there`);
  }
  const blocks = new Set(
    [...plain.keys()].flatMap((key) => /^model\.(\d+)\.conv_block\./.exec(key)?.[1] ?? []),
  );
  const nBlocks = blocks.size;
  const last = plain.get(`model.${FIRST_BLOCK + nBlocks + 7}.weight`);
  if (last === undefined || last.shape.length !== 4) {
    throw notAGenerator(
      stateDict,
      `${nBlocks} residual blocks ask for a last convolution model.${FIRST_BLOCK + nBlocks + 7}.weight`,
    );
  }
  const norm = normKind(plain);
  return {
    config: {
      inputNc: first.shape[1],
      outputNc: last.shape[0],
      ngf: first.shape[0],
      nBlocks,
      norm,
      dropout: hasDropout(plain),
      bias: plain.has('model.1.bias'),
    },
    prefix,
    adapted: norm === 'batch' ? plain : withoutRunningStatistics(plain, notes),
    notes,
  };
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
  if (prefixes.length > 1) {
    const names = prefixes.map((prefix) => `"${prefix.slice(0, -1)}"`).join(', ');
    throw notAGenerator(stateDict, `it holds several: say which with --key (${names})`);
  }
  if (prefixes.length === 0) return { prefix: '', plain: stateDict };
  const [prefix] = prefixes;
  const own = [...stateDict].filter(([key]) => key.startsWith(prefix));
  notes.push(`Removed the prefix "${prefix}" from ${own.length} keys.`);
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

/** PyTorch before 0.4.0 saved running statistics for InstanceNorm2d, but inference never used them. */
function withoutRunningStatistics<T>(
  stateDict: ReadonlyMap<string, T>,
  notes: string[],
): ReadonlyMap<string, T> {
  const kept = [...stateDict].filter(
    ([key]) => !/\.(running_mean|running_var|num_batches_tracked)$/.test(key),
  );
  const dropped = stateDict.size - kept.length;
  if (dropped === 0) return stateDict;
  notes.push(`Left out ${dropped} running statistics that InstanceNorm2d does not use.`);
  return new Map(kept);
}

function notAGenerator(stateDict: ReadonlyMap<string, Shaped>, reason: string): StateDictError {
  const keys = [...stateDict.keys()];
  const shown = keys.slice(0, 3).map((key) => `"${key}"`);
  const first = keys.length === 0 ? '' : `, from ${shown.join(', ')} on`;
  return new StateDictError(
    `This state dict is not a ResNet generator's: ${reason}. ${recognise(stateDict) ?? `It has ${keys.length} keys${first}.`}`,
    { missing: [FIRST_CONV], unexpected: keys, mismatched: [] },
  );
}
