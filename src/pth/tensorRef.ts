import type { Budget } from './budget.js';
import { deviceTensor } from './deviceTensor.js';
import { bytesOf, canNegate, type Dtype } from './dtypes.js';
import { COSTS } from './pickle/costs.js';
import {
  dictEntries,
  PickleCall,
  PickleDict,
  PickleGlobal,
  PicklePersistent,
  PickleTuple,
  type PickleValue,
} from './pickle/values.js';
import { PthError } from './pthError.js';
import {
  isCount,
  MAX_DIMENSIONS,
  type StorageRef,
  type StorageWindow,
  storageWindow,
} from './storages.js';
import { dtypeOfName } from './torchTypes.js';

/** A tensor as the file describes it: a strided window on a storage, checked to lie inside. */
export interface TensorRef {
  readonly storage: StorageRef;
  readonly dtype: Dtype;
  /** First element, in elements of the storage. */
  readonly offset: number;
  readonly shape: readonly number[];
  /** Steps between neighbours, in elements; 0 repeats. */
  readonly strides: readonly number[];
  /** Number of elements. */
  readonly size: number;
  /** Whether its numbers are those of the storage with the other sign. */
  readonly isNegated?: boolean;
}

/** A tensor whose numbers cannot be read here. It stands in nobody's way but its own. */
export class UnreadableTensor {
  /** What it is, as far as can be told: `torch.complex64`, `sparse`. */
  readonly type: string;

  constructor(type: string) {
    this.type = type;
  }

  /** Why it cannot be given. */
  error(key: string): PthError {
    return new PthError(
      'ERR_PTH_DTYPE',
      `Tensor "${shown(key)}" is of a kind that cannot be read here: ${shown(this.type)}`,
      { key },
    );
  }
}

const UTILS = 'torch._utils.';
const REBUILD = `${UTILS}_rebuild_`;
const PARAMETER = 'torch.nn.parameter.Parameter';
/** Classes whose objects hold the numbers that a call before gave them. */
const TENSOR_CLASSES: ReadonlySet<string> = new Set([
  'torch.Tensor',
  'torch._tensor.Tensor',
  PARAMETER,
  'torch.nn.parameter.Buffer',
]);
/** Attributes of a tensor that change its numbers when they are set. */
const NUMBERS_THEMSELVES = ['data', 'real', 'imag', '__class__', '__dict__'];

/**
 * Recognises the calls that rebuild tensors, each once: a pickle can hold one tensor under a million keys.
 * @see torch._utils, torch._tensor
 */
export class RebuiltTensors {
  readonly #budget: Budget;
  readonly #known = new Map<PickleCall, TensorRef | UnreadableTensor>();

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /**
   * The tensor of such a call; `null` for any other value.
   *
   * @param key State-dict key, for messages.
   * @throws PthError when the call is one of those but its arguments make no tensor.
   */
  ref(value: PickleValue, key: string): TensorRef | UnreadableTensor | null {
    if (!(value instanceof PickleCall)) return null;
    // A parameter is a tensor with something around it, and could be one of a parameter, and so on.
    const around: PickleCall[] = [];
    let call = value;
    let found = this.#known.get(call) ?? null;
    while (found === null) {
      this.#budget.takeValues(COSTS.mapEntry, 'A tensor');
      const inner = wrapped(call, key);
      if (inner === null) {
        found = rebuilt(call, key, this.#known.size, this.#budget);
        if (found === null && around.length === 0) return null;
        if (found === null) throw bad(`Parameter "${key}" has no tensor`, call.offset, key);
        this.#budget.takeValues(refCost(found), 'A tensor');
        this.#known.set(call, found);
      } else {
        around.push(call);
        call = inner;
        found = this.#known.get(call) ?? null;
      }
    }
    for (const outer of around) this.#known.set(outer, found);
    return found;
  }
}

function refCost(found: TensorRef | UnreadableTensor): number {
  const sides = found instanceof UnreadableTensor ? 0 : found.shape.length;
  return 3 * COSTS.call + 2 * sides * COSTS.slot;
}

/** The tensor within what only adds to it: a parameter, or attributes; `null` for anything else. */
function wrapped(call: PickleCall, key: string): PickleCall | null {
  const [inner, , hooks] = call.args;
  const { name, args } = call;
  if (
    name === 'torch._tensor._rebuild_from_type_v2' ||
    name === 'torch._tensor._rebuild_from_type'
  ) {
    return wrappedByType(call, key);
  }
  if (name === PARAMETER && args.length === 1 && inner instanceof PickleCall) {
    return wrappedByParameter(call, inner, key);
  }
  const isParameter = name === `${UTILS}_rebuild_parameter`;
  if (!isParameter && name !== `${UTILS}_rebuild_parameter_with_state`) return null;
  const isSound =
    args.length === (isParameter ? 3 : 4) && typeof args[1] === 'boolean' && areHooks(hooks);
  if (!isSound || !(inner instanceof PickleCall) || call.changed) throw noTensor(call, key);
  if (!isParameter) checkAttributes(call, args[3], key);
  return inner;
}

/** `Parameter(tensor)`, and whether it has gradients, its use without them, and its hooks: so models were saved up to torch 0.3. */
function wrappedByParameter(call: PickleCall, inner: PickleCall, key: string): PickleCall {
  const state = call.state instanceof PickleTuple ? call.state.items : [];
  const [gradient, volatile, hooks] = state;
  const isSound =
    state.length === 3 &&
    typeof gradient === 'boolean' &&
    typeof volatile === 'boolean' &&
    areHooks(hooks);
  if (call.changed && !isSound) throw noTensor(call, key);
  return inner;
}

/** `(function, class, arguments, state)`: an object of the class with what the function gives. */
function wrappedByType(call: PickleCall, key: string): PickleCall {
  const [build, type, inner, state = null] = call.args;
  const isSound = build instanceof PickleGlobal && inner instanceof PickleTuple && !call.changed;
  if (!isSound || !(type instanceof PickleGlobal) || call.args.length !== 4) {
    throw noTensor(call, key);
  }
  checkAttributes(call, state, key);
  const made = new PickleCall(build, inner.items);
  // What a class of its own does with its numbers, nobody can tell.
  return TENSOR_CLASSES.has(type.name) ? made : new PickleCall(type, [made]);
}

/** Attributes are passed over, but for those that stand for the numbers. */
function checkAttributes(call: PickleCall, state: PickleValue, key: string): void {
  const parts = state instanceof PickleTuple ? state.items : [state];
  // Of the object, and of its slots.
  if (state instanceof PickleTuple && parts.length !== 2) throw noTensor(call, key);
  for (const part of parts) {
    const entries = dictEntries(part);
    if (part !== null && entries === null) throw noTensor(call, key);
    if (NUMBERS_THEMSELVES.some((name) => entries?.has(name))) throw noTensor(call, key);
  }
}

/**
 * The tensor of a call that has one itself; `null` for another call.
 * @param id Tells it from all others of the file.
 */
function rebuilt(
  call: PickleCall,
  key: string,
  id: number,
  budget: Budget,
): TensorRef | UnreadableTensor | null {
  const { name, args } = call;
  switch (name) {
    case `${UTILS}_rebuild_tensor`:
      return rebuild(call, [4, 4], null, key);
    case `${UTILS}_rebuild_tensor_v2`:
      return rebuild(call, [6, 7], null, key);
    case `${UTILS}_rebuild_tensor_v3`:
      // (storage, offset, size, stride, requires_grad, backward_hooks, dtype, metadata?)
      if (!(args[6] instanceof PickleGlobal)) {
        throw bad(`Tensor "${key}" has no type`, call.offset, key);
      }
      return rebuild(call, [7, 8], args[6].name, key);
    case `${UTILS}_rebuild_device_tensor_from_numpy`:
    case `${UTILS}_rebuild_xla_tensor`:
      return deviceTensor(call, id, budget) ?? new UnreadableTensor('a tensor of another device');
    default:
      return isTensorOfAnyKind(call) ? new UnreadableTensor(kindOf(call)) : null;
  }
}

/** Classes of tensors around others; who pickles nests no deeper. */
const MAX_CLASSES = 8;

/** Sparse, quantised, nested and distributed tensors, and objects of classes that are tensors. */
function isTensorOfAnyKind(call: PickleCall): boolean {
  let inner: PickleValue = call;
  for (let i = 0; i <= MAX_CLASSES && inner instanceof PickleCall; i++) {
    const { name, args }: PickleCall = inner;
    if (name.startsWith(REBUILD) || TENSOR_CLASSES.has(name)) return true;
    if (/^torch\._?tensor\._rebuild_from_type/.test(name)) return true;
    inner = args.length === 1 ? args[0] : null;
  }
  return false;
}

/** `sparse_tensor` for `torch._utils._rebuild_sparse_tensor`. */
function kindOf({ name }: PickleCall): string {
  return name.startsWith(REBUILD) ? name.slice(REBUILD.length) : name;
}

function rebuild(
  call: PickleCall,
  [least, most]: readonly [number, number],
  ownType: string | null,
  key: string,
): TensorRef | UnreadableTensor {
  const { args, offset: at } = call;
  const [persistent, offset, sizes, steps, gradient, hooks] = args;
  const isSound = args.length >= least && args.length <= most && !call.changed;
  const hasFlags = least < 6 || (typeof gradient === 'boolean' && areHooks(hooks));
  if (!isSound || !hasFlags) throw noTensor(call, key);
  if (!(persistent instanceof PicklePersistent)) {
    throw bad(`Tensor "${key}" has no storage`, at, key);
  }
  const window = storageWindow(persistent);
  const shape = counts(sizes, key, at);
  const strides = counts(steps, key, at);
  if (shape === null || strides === null || !isCount(offset)) {
    throw bad(
      `Tensor "${key}" has an offset, shape or strides that are not whole numbers`,
      at,
      key,
    );
  }
  const { unreadable } = window.storage;
  const dtype = ownType === null ? window.storage.dtype : dtypeOfName(ownType);
  const isNegated = readMetadata(call, args[most - 1] ?? null, least < args.length, key);
  if (dtype === null || unreadable !== undefined) {
    const type = ownType ?? unreadable;
    if (type === undefined) throw bad(`Tensor "${key}" has no type`, at, key);
    return new UnreadableTensor(type);
  }
  const ref = checkedRef(window, { dtype, offset, shape, strides }, { key, at });
  if (!isNegated) return ref;
  return canNegate(dtype) ? { ...ref, isNegated } : new UnreadableTensor(`negated ${dtype}`);
}

/**
 * What a view remembers of how it was made: whether its numbers are those of the storage with the other sign. (Of
 * conjugates there are complex ones only.)
 */
function readMetadata(
  call: PickleCall,
  metadata: PickleValue,
  isGiven: boolean,
  key: string,
): boolean {
  if (!isGiven || metadata === null) return false;
  const entries = metadata instanceof PickleDict ? metadata.entries : null;
  const isNegated = entries?.get('neg') ?? false;
  const isConjugate = entries?.get('conj') ?? false;
  const isSound = typeof isNegated === 'boolean' && typeof isConjugate === 'boolean';
  if (entries === null || !isSound) throw noTensor(call, key);
  return isNegated;
}

function areHooks(value: PickleValue | undefined): boolean {
  return value === null || value instanceof PickleDict;
}

function noTensor(call: PickleCall, key: string): PthError {
  const { name, args } = call;
  return bad(
    `Tensor "${key}" is made by ${name} of ${args.length} arguments that make none, or was changed afterwards`,
    call.offset,
    key,
  );
}

/**
 * A tensor on a stretch of a storage.
 * @throws PthError unless it lies wholly inside.
 */
export function checkedRef(
  { storage, start, bytes }: StorageWindow,
  { dtype, offset, shape, strides }: Pick<TensorRef, 'dtype' | 'offset' | 'shape' | 'strides'>,
  { key, at }: { readonly key: string; readonly at: number },
): TensorRef {
  if (shape.length > MAX_DIMENSIONS || shape.length !== strides.length) {
    throw bad(
      `Tensor "${key}" has ${shape.length} dimensions and ${strides.length} strides`,
      at,
      key,
    );
  }
  const width = bytesOf(dtype);
  const elements = Math.floor(bytes / width);
  const size = shape.reduce((product, side) => product * side, 1);
  const last = shape.reduce((end, side, axis) => end + (side - 1) * strides[axis], offset);
  // Comparisons are written so that a product that overflowed to Infinity or NaN fails them.
  if (size !== 0 && !(size <= Number.MAX_SAFE_INTEGER && last < elements)) {
    throw bad(
      `Tensor "${key}" of shape [${shape.join(', ')}] and strides [${strides.join(', ')}] from element ${offset} on reaches beyond its storage of ${elements} elements`,
      at,
      key,
    );
  }
  // A stretch of another type might begin between two elements.
  if (start % width !== 0) throw bad(`Tensor "${key}" lies between elements`, at, key);
  return { storage, dtype, offset: start / width + offset, shape, strides, size };
}

/** @throws PthError for more than there are dimensions: many tensors can share one tuple, and each looks through it. */
function counts(value: PickleValue | undefined, key: string, at: number): number[] | null {
  const isSize = value instanceof PickleCall && value.name === 'torch.Size';
  const tuple = isSize && value.args.length === 1 ? value.args[0] : value;
  if (tuple instanceof PickleTuple && tuple.items.length > MAX_DIMENSIONS) {
    throw bad(`Tensor "${key}" has ${tuple.items.length} dimensions`, at, key);
  }
  if (!(tuple instanceof PickleTuple) || !tuple.items.every(isCount)) return null;
  return [...tuple.items] as number[];
}

/** The beginning of a name, which can be of any length. */
function shown(name: string): string {
  return name.length > 200 ? `${name.slice(0, 200)}…` : name;
}

function bad(message: string, offset: number, key: string): PthError {
  return new PthError('ERR_PTH_TENSOR', message, { offset, key });
}
