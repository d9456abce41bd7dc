import { type Invocation, type OptionSpec, UsageError } from '../usage.js';

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

/** @returns The shape as `--input` gives it, batch or not; `undefined` without it. @throws UsageError for what is no shape. */
export function readInputShape(invocation: Invocation): readonly number[] | undefined {
  const text = invocation.text('input');
  if (text === undefined) return undefined;
  const shape = text.split(',').map(Number);
  if (!/^\d{1,5}(,\d{1,5}){2,3}$/.test(text) || shape.includes(0)) {
    throw new UsageError(
      `--input takes batch, channels, height and width, such as 1,3,256,314, but got "${text}".`,
    );
  }
  return shape;
}

/**
 * A whole number within bounds; `undefined` where the option was not given.
 * @throws UsageError for anything else.
 */
export function readCount(
  invocation: Invocation,
  option: string,
  least: number,
  most: number,
): number | undefined {
  const text = invocation.text(option);
  if (text === undefined) return undefined;
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < least || count > most) {
    throw new UsageError(
      `--${option} takes a whole number from ${least} to ${most}, but got "${text}".`,
    );
  }
  return count;
}
