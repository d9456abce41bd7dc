import { StateDictError } from '../nn/loadStateDict.js';
import type { Tensor } from '../tensor/tensor.js';
import type { GeneratorOptions, NormKind } from './options.js';

/** Everything that `new ResNetGenerator(…)` takes. */
export type GeneratorConfig = Required<GeneratorOptions> & {
  readonly inputNc: number;
  readonly outputNc: number;
  readonly ngf: number;
  readonly nBlocks: number;
};

export interface AdaptedStateDict {
  readonly config: GeneratorConfig;
  /** The same tensors under the generator's own keys. */
  readonly adapted: ReadonlyMap<string, Tensor>;
  /** What was changed, a sentence each. */
  readonly notes: readonly string[];
}

const FIRST_CONV = 'model.1.weight';
const FIRST_BLOCK = 10;

/**
 * Reads a generator's configuration off the keys and shapes of its state dict.
 * @throws StateDictError when they are not a ResNet generator's.
 */
export function inferConfig(stateDict: ReadonlyMap<string, Tensor>): GeneratorConfig {
  return adaptStateDict(stateDict).config;
}

/** @throws StateDictError when the keys are not a ResNet generator's. */
export function adaptStateDict(stateDict: ReadonlyMap<string, Tensor>): AdaptedStateDict {
  const notes: string[] = [];
  const plain = withoutPrefix(stateDict, notes);
  const first = plain.get(FIRST_CONV);
  if (first === undefined || first.shape.length !== 4 || first.shape[2] !== 7) {
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
      dropout: plain.has(`model.${FIRST_BLOCK}.conv_block.6.weight`),
      bias: plain.has('model.1.bias'),
    },
    adapted: norm === 'batch' ? plain : withoutRunningStatistics(plain, notes),
    notes,
  };
}

/** DataParallel and wrapper modules put a name before every key: `module.model.1.weight`. */
function withoutPrefix(
  stateDict: ReadonlyMap<string, Tensor>,
  notes: string[],
): ReadonlyMap<string, Tensor> {
  const key = [...stateDict.keys()].find((k) => k.endsWith(`.${FIRST_CONV}`));
  if (stateDict.has(FIRST_CONV) || key === undefined) return stateDict;
  const prefix = key.slice(0, -FIRST_CONV.length);
  if (![...stateDict.keys()].every((k) => k.startsWith(prefix))) return stateDict;
  notes.push(`Removed the prefix "${prefix}" from ${stateDict.size} keys.`);
  return new Map([...stateDict].map(([k, tensor]) => [k.slice(prefix.length), tensor]));
}

/** Batch norm learns a scale and keeps statistics; instance norm has one of the two at most. */
function normKind(stateDict: ReadonlyMap<string, Tensor>): NormKind {
  if (!stateDict.has('model.2.weight')) return 'instance';
  return stateDict.has('model.2.running_mean') ? 'batch' : 'instanceAffine';
}

/** PyTorch before 0.4.0 saved running statistics for InstanceNorm2d, but inference never used them. */
function withoutRunningStatistics(
  stateDict: ReadonlyMap<string, Tensor>,
  notes: string[],
): ReadonlyMap<string, Tensor> {
  const kept = [...stateDict].filter(
    ([key]) => !/\.(running_mean|running_var|num_batches_tracked)$/.test(key),
  );
  const dropped = stateDict.size - kept.length;
  if (dropped === 0) return stateDict;
  notes.push(`Left out ${dropped} running statistics that InstanceNorm2d does not use.`);
  return new Map(kept);
}

function notAGenerator(stateDict: ReadonlyMap<string, Tensor>, reason: string): StateDictError {
  const keys = [...stateDict.keys()];
  const shown = keys.slice(0, 3).map((key) => `"${key}"`);
  return new StateDictError(
    `This state dict is not a ResNet generator's: ${reason}. It has ${keys.length} keys${keys.length > 0 ? `, from ${shown.join(', ')} on` : ''}.`,
    { missing: [FIRST_CONV], unexpected: keys, mismatched: [] },
  );
}
