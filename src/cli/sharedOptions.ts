import { type Invocation, type OptionSpec, UsageError } from './usage.js';

/** Which state dict of a checkpoint is meant. */
export const KEY_OPTION: OptionSpec = {
  type: 'string',
  value: 'NAME',
  help: 'where in a checkpoint the state dict is; default: it is searched',
};

/** The shape that a network is looked at for. */
export const INPUT_OPTION: OptionSpec = {
  type: 'string',
  value: 'N,C,H,W',
  help: "shape of the input; default: 1,C,256,314, with the generator's channels C",
};

const DEFAULT_SIZE = [256, 314];

/** @throws UsageError for what is no shape, or has other channels than the network. */
export function readInputShape(invocation: Invocation, channels: number): readonly number[] {
  const text = invocation.text('input');
  if (text === undefined) return [1, channels, ...DEFAULT_SIZE];
  const shape = text.split(',').map(Number);
  if (!/^\d{1,5}(,\d{1,5}){2,3}$/.test(text) || shape.includes(0)) {
    throw new UsageError(
      `--input takes batch, channels, height and width, such as 1,3,256,314, but got "${text}".`,
    );
  }
  const given = shape[shape.length - 3];
  if (given !== channels) {
    throw new UsageError(
      `The channels of --input ${text} are ${given}, but the generator takes ${channels}.`,
    );
  }
  return shape;
}
