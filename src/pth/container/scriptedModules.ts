import type { Budget } from '../budget.js';
import { COSTS } from '../pickle/costs.js';
import { PickleCall, PickleDict, PickleGlobal, type PickleValue } from '../pickle/values.js';
import type { TensorRef, UnreadableTensor } from '../tensorRef.js';

/** An object of TorchScript's, of a class by its name, and what it holds: as a pickle would have it. */
export function scriptedObject(
  className: string,
  entries: readonly (readonly [string, PickleValue])[],
  budget: Budget,
): PickleCall {
  const state = new PickleDict();
  for (const [name, value] of entries) {
    budget.takeValues(COSTS.dictEntry + COSTS.text + COSTS.character * name.length, 'A module');
    state.items.push(name, value);
  }
  const object = newCall(className, budget);
  object.state = state;
  return object;
}

function newCall(name: string, budget: Budget): PickleCall {
  budget.takeValues(COSTS.call + COSTS.global + COSTS.dict, 'An object');
  return new PickleCall(new PickleGlobal(name, 0), [], { isNew: true });
}

/** Tensors that a file tells of in its own way, as values that stand for them. */
export class ToldTensors {
  readonly #budget: Budget;
  readonly #refs = new Map<PickleValue, TensorRef | UnreadableTensor>();

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  add(ref: TensorRef | UnreadableTensor): PickleCall {
    this.#budget.takeValues(3 * COSTS.call + COSTS.mapEntry, 'A tensor');
    const value = newCall('torch.Tensor', this.#budget);
    this.#refs.set(value, ref);
    return value;
  }

  ref(value: PickleValue): TensorRef | UnreadableTensor | null {
    return this.#refs.get(value) ?? null;
  }
}
