import { CycleganError } from '../../errors.js';
import type { Parameter } from '../../nn/parameter.js';
import type { CheckpointValue } from '../../pth/loadCheckpoint.js';
import { describeValue } from '../../tensor/describeValue.js';
import { formatShape, sameShape } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';

/** A hyperparameter, as PyTorch saves it. */
export type GroupValue = number | boolean | null | readonly number[];

/** What PyTorch keeps for a group of parameters: `lr`, `betas`, …, and the numbers of its parameters. */
export type ParamGroup = {
  readonly lr: number;
  /** The learning rate that a schedule multiplies; there with a schedule alone. */
  readonly initial_lr?: number;
  readonly params: readonly number[];
  readonly [name: string]: GroupValue | undefined;
};

/** What an optimiser keeps for a parameter: `step`, `exp_avg`, `exp_avg_sq`, …; `null` for what PyTorch has `None`. */
export type ParameterState = Readonly<Record<string, Tensor | null>>;

/**
 * The state of an optimiser in PyTorch's form: parameters are numbered in the order in which the optimiser was given them.
 * @see torch.optim.Optimizer.state_dict
 */
export type OptimizerStateDict = {
  readonly state: Readonly<Record<number, ParameterState>>;
  readonly param_groups: readonly ParamGroup[];
};

/** A state, as it was made here or read from a checkpoint. */
export type SavedState = OptimizerStateDict | CheckpointValue | undefined;

export function optimizerError(message: string): CycleganError {
  return new CycleganError('ERR_OPTIMIZER', message);
}

/** The only group of a saved state, once it was found to have as many parameters as are asked for. */
export function groupOf(saved: SavedState, count: number): ParamGroup {
  const groups = field(saved, 'param_groups');
  if (!Array.isArray(groups) || groups.length !== 1) {
    throw optimizerError(
      `The state of an optimiser has one entry in "param_groups", but this one has ${describeValue(groups)}.`,
    );
  }
  const params = field(groups[0], 'params');
  if (!Array.isArray(params) || params.length !== count) {
    throw optimizerError(
      `The state is of an optimiser of ${Array.isArray(params) ? params.length : 'unknown'} parameters, but this one has ${count}: it belongs to other networks.`,
    );
  }
  const [group] = groups as readonly unknown[];
  return (group instanceof Map ? Object.fromEntries(group) : group) as ParamGroup;
}

/** What was saved for the parameters, in their order; empty before the first step. */
export function statesOf(saved: SavedState, { params }: ParamGroup): unknown[] {
  const state = field(saved, 'state');
  const states = params.map((id) => field(state, String(id)) ?? field(state, id));
  const found = states.filter((one) => one !== undefined).length;
  if (found === 0) return [];
  if (found === params.length) return states;
  throw optimizerError(
    `The state has entries for ${found} of ${params.length} parameters: all take part in each step, so all have one.`,
  );
}

/** The tensor of that name in what was saved for parameter `number`. */
export function savedTensor(
  state: unknown,
  name: string,
  number: number,
  { shape }: Parameter,
): Tensor {
  const value = field(state, name);
  if (value instanceof Tensor && sameShape(value.shape, shape)) return value;
  const what =
    value instanceof Tensor
      ? `has shape ${formatShape(value.shape)}`
      : `is ${describeValue(value)}`;
  throw optimizerError(
    `"${name}" of parameter ${number} is a tensor of shape ${formatShape(shape)}, but in this state ${what}.`,
  );
}

/** How many steps the parameters have seen, a number or a tensor of one. */
export function savedSteps(states: readonly unknown[]): number {
  const counts = states.map((state) => {
    const value = field(state, 'step');
    return value instanceof Tensor && value.size === 1 ? value.data[0] : value;
  });
  const [steps] = counts;
  if (typeof steps === 'number' && Number.isInteger(steps) && steps >= 0) {
    if (counts.every((count) => count === steps)) return steps;
    throw optimizerError('The parameters of this state have different counts of steps.');
  }
  throw optimizerError(`"step" is a whole number, but in this state ${describeValue(steps)}.`);
}

/** A field of an object or map that came from a file; `undefined` where there is none of its own. */
export function field(value: unknown, name: string | number): unknown {
  if (value instanceof Map) return value.get(name);
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string | number, unknown>>)[name];
}
