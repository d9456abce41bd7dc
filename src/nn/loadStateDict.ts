import { CycleganError } from '../errors.js';
import { describeValue, isMap } from '../tensor/describeValue.js';
import { formatShape, type Shape, sameShape, sizeOf } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import type { Parameter } from './parameter.js';

/** A tensor, or anything with its two properties: other number arrays are converted to float32. */
export interface TensorLike {
  readonly data: ArrayLike<number>;
  readonly shape: Shape;
}

export type StateDict = ReadonlyMap<string, TensorLike>;

export interface LoadStateDictOptions {
  /** Whether the keys must be exactly the module's. Default: true. Shapes must always fit. */
  readonly strict?: boolean;
}

export interface LoadStateDictResult {
  readonly missingKeys: string[];
  readonly unexpectedKeys: string[];
}

/** A state dict does not fit its module. Holds everything that was wrong, not only the first. */
export class StateDictError extends CycleganError {
  override readonly name = 'StateDictError';
  readonly missingKeys: readonly string[];
  readonly unexpectedKeys: readonly string[];
  /** Keys whose value has another shape than the module's, or is no tensor. */
  readonly mismatchedKeys: readonly string[];

  constructor(
    message: string,
    keys: { missing: string[]; unexpected: string[]; mismatched: string[] },
  ) {
    super('ERR_STATE_DICT', message);
    this.missingKeys = keys.missing;
    this.unexpectedKeys = keys.unexpected;
    this.mismatchedKeys = keys.mismatched;
  }

  /** The same error with the weight file's name in front. */
  inFile(path: string): StateDictError {
    return this.#saying(`${path}: ${this.message}`);
  }

  /** The same error with a sentence behind. */
  adding(sentence: string): StateDictError {
    return this.#saying(`${this.message} ${sentence}`);
  }

  #saying(message: string): StateDictError {
    return new StateDictError(message, {
      missing: [...this.missingKeys],
      unexpected: [...this.unexpectedKeys],
      mismatched: [...this.mismatchedKeys],
    });
  }
}

/** Anything that has a shape: a tensor, a parameter, or what a file tells of one. */
export interface Shaped {
  readonly shape: Shape;
}

/** What of a state dict does not fit a module; three empty lists when it loads. */
export interface StateDictDifference {
  readonly missing: string[];
  readonly unexpected: string[];
  /** Keys that both have, with different shapes. */
  readonly mismatched: string[];
}

/** Compares keys and shapes as `loadStateDict` does, and touches no numbers. */
export function compareStateDict(
  parameters: ReadonlyMap<string, Shaped>,
  stateDict: ReadonlyMap<string, Shaped>,
): StateDictDifference {
  const mismatched = [...parameters].flatMap(([key, { shape }]) => {
    const found = stateDict.get(key);
    return found === undefined || fits(found.shape, shape) ? [] : [key];
  });
  return { ...compareKeys(parameters, stateDict), mismatched };
}

/** @throws StateDictError for what is no map, or whose keys are no texts: not every caller has a compiler that checks. */
export function checkStateDict(value: unknown): void {
  const keys = { missing: [], unexpected: [], mismatched: [] };
  if (!isMap(value)) {
    throw new StateDictError(
      `A state dict is a Map of tensors by key, as stateDict() and loadStateDict(file) give it, but got ${describeValue(value)}.`,
      keys,
    );
  }
  for (const key of value.keys()) {
    if (typeof key === 'string') continue;
    throw new StateDictError(
      `The keys of a state dict are texts, but one of them is ${describeValue(key)}.`,
      keys,
    );
  }
}

function compareKeys(
  parameters: ReadonlyMap<string, unknown>,
  stateDict: ReadonlyMap<string, unknown>,
): { missing: string[]; unexpected: string[] } {
  // PyTorch forgives a missing counter: files from before 0.4.1 do not have it.
  const missing = [...parameters.keys()].filter(
    (key) => !stateDict.has(key) && !key.endsWith('num_batches_tracked'),
  );
  return { missing, unexpected: [...stateDict.keys()].filter((key) => !parameters.has(key)) };
}

/**
 * Loads `stateDict` into `parameters` (by key), all or nothing.
 * @see torch.nn.Module.load_state_dict
 */
export function loadIntoParameters(
  moduleName: string,
  parameters: ReadonlyMap<string, Parameter>,
  stateDict: StateDict,
  { strict = true }: LoadStateDictOptions,
): LoadStateDictResult {
  checkStateDict(stateDict);
  const { missing, unexpected } = compareKeys(parameters, stateDict);
  const mismatched: string[] = [];
  const mismatches: string[] = [];
  const fitting: [Parameter, Tensor][] = [];

  for (const [key, parameter] of parameters) {
    if (!stateDict.has(key)) continue;
    const value: unknown = stateDict.get(key);
    if (!isTensorLike(value)) {
      mismatched.push(key);
      mismatches.push(
        `While copying the parameter named "${shown(key)}", expected a tensor (data and shape that agree) but received ${describeValue(value)}.`,
      );
    } else if (!fits(value.shape, parameter.shape)) {
      mismatched.push(key);
      mismatches.push(
        `size mismatch for ${shown(key)}: copying a param with shape ${shown(formatShape(value.shape))} from checkpoint, the shape in current model is ${formatShape(parameter.shape)}.`,
      );
    } else {
      fitting.push([parameter, toTensor(value)]);
    }
  }

  const complaints = firstOf(mismatches);
  if (strict && unexpected.length > 0) {
    complaints.unshift(`Unexpected key(s) in state_dict: ${quote(unexpected)}.${hint(unexpected)}`);
  }
  if (strict && missing.length > 0) {
    complaints.unshift(`Missing key(s) in state_dict: ${quote(missing)}.`);
  }
  if (complaints.length > 0) {
    throw new StateDictError(
      `Error(s) in loading state_dict for ${moduleName}:\n\t${complaints.join('\n\t')}`,
      { missing, unexpected, mismatched },
    );
  }
  for (const [parameter, tensor] of fitting) parameter.adopt(tensor);
  return { missingKeys: missing, unexpectedKeys: unexpected };
}

/** As PyTorch, a scalar also takes a vector of one, which is what versions before 0.4 wrote. */
function fits(found: Shape, expected: Shape): boolean {
  return (
    sameShape(found, expected) || (expected.length === 0 && found.length === 1 && found[0] === 1)
  );
}

function toTensor(value: TensorLike): Tensor {
  if (value instanceof Tensor) return value;
  const data = value.data instanceof Float32Array ? value.data : Float32Array.from(value.data);
  return new Tensor(data, value.shape);
}

function isTensorLike(value: unknown): value is TensorLike {
  // Its elements may lie in a file still.
  if (value instanceof Tensor) return true;
  if (typeof value !== 'object' || value === null) return false;
  const { data, shape } = value as Partial<TensorLike>;
  return (
    typeof data === 'object' &&
    data !== null &&
    Array.isArray(shape) &&
    data.length === sizeOf(shape) &&
    typeof (data[0] ?? 0) === 'number'
  );
}

function quote(keys: readonly string[]): string {
  return firstOf(keys.map((key) => `"${shown(key)}"`)).join(', ');
}

/** What a message lists of each kind; the error's fields hold all. */
const MAX_SHOWN = 20;
/** Characters of a key, or of a shape. */
const LONGEST_SHOWN = 200;

function firstOf(list: readonly string[]): string[] {
  const more = list.length - MAX_SHOWN;
  const tail = more > 0 ? [`… and ${more} more`] : [];
  return [...list.slice(0, MAX_SHOWN), ...tail];
}

function shown(text: string): string {
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

function hint(unexpected: readonly string[]): string {
  return unexpected.some((key) => /\.running_(mean|var)$/.test(key))
    ? ' Running statistics belong to a norm layer with trackRunningStats; checkpoints saved before PyTorch 0.4.0 hold them for InstanceNorm2d, too, where they are not used: remove these keys, or build the generator with ResNetGenerator.fromStateDict, which does.'
    : '';
}
