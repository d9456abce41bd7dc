import { type OptionSource, readWholeNumber } from '../../translate/options/optionSource.js';
import { type Invocation, type OptionSpec, UsageError } from '../usage.js';

/** Which state dict of a checkpoint is meant. */
export const KEY_OPTION: OptionSpec = {
  type: 'string',
  value: 'NAME',
  completes: 'nothing',
  help: 'where in a checkpoint the state dict is; default: it is searched',
};

/** OUT by an option, as `translate` has it: a file of that name is meant, and replaced. */
export const OUTPUT_OPTION: OptionSpec = {
  type: 'string',
  short: 'o',
  value: 'OUT',
  help: 'the same as OUT, and replaces a file of that name',
};

/** The output that a command names by its place or by `-o`, and whether a file of that name may be replaced. */
export interface NamedFile {
  readonly output: string;
  readonly force: boolean;
}

/** @throws UsageError for an output that is named twice. */
export function readOutput(
  { text, flag }: Invocation,
  placed: string | undefined,
): NamedFile | null {
  const named = text('output');
  if (named !== undefined && placed !== undefined) {
    throw new UsageError(`One file is written, but "${placed}" and -o ${named} name two.`);
  }
  const output = named ?? placed;
  return output === undefined ? null : { output, force: flag('force') || named !== undefined };
}

/** The shape that a network is looked at for. */
export const INPUT_OPTION: OptionSpec = {
  type: 'string',
  value: 'N,C,H,W',
  help: "shape of the input; default: 1,C,256,314, with the generator's channels C, or the next sides that it takes",
};

/** @returns The shape as `--input` gives it, batch or not; `undefined` without it. @throws UsageError for what is no shape. */
export function readInputShape(invocation: Invocation): readonly number[] | undefined {
  const text = invocation.text('input');
  if (text === undefined) return undefined;
  const shape = text.split(',').map(Number);
  if (!/^\d{1,5}(,\d{1,5}){2,3}$/.test(text) || shape.includes(0)) {
    throw new UsageError(
      `--input takes batch, channels, height and width, from 1 to 99999 each, such as 1,3,256,314, but got "${text}".`,
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
  return readWholeNumber(optionSource(invocation), option, [least, most]);
}

/** A command line, for what reads options of other faces, too. */
export function optionSource({ text, flag }: Invocation): OptionSource {
  return {
    text,
    flag,
    label: (option) => `--${option}`,
    error: (message) => new UsageError(message),
  };
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, G: 1e9 };

/**
 * A number of bytes, `512M`, as messages have them: in powers of ten; `Infinity` for `max`; `undefined` where the option was not given.
 * @throws UsageError for anything else.
 */
export function readBytes({ text }: Invocation, option: string): number | undefined {
  const given = text(option);
  if (given === undefined) return undefined;
  if (given === 'max') return Number.POSITIVE_INFINITY;
  const bytes = readAmount(given.replace(/B$/i, ''));
  if (bytes >= 1) return bytes;
  throw new UsageError(
    `--${option} takes a number of bytes, such as 512M or 1.5G, or max, but got "${given}".`,
  );
}

/** `1.5G` as a number, in powers of ten; `NaN` for what is none. */
export function readAmount(given: string): number {
  const [, number, unit] = /^(\d{1,15}(?:\.\d{1,3})?)([KMG]?)$/i.exec(given) ?? [];
  return Number(number) * UNITS[unit?.toUpperCase()];
}

/** A port; `null` where none was given. @throws UsageError for what is none. */
export function readPort(value: string | undefined): number | null {
  if (value === undefined) return null;
  const port = Number(value);
  if (/^\d{1,5}$/.test(value) && port < 65_536) return port;
  throw new UsageError(`--port takes a number from 0 to 65535, but got "${value}".`);
}
