import type { CycleganError } from '../../errors.js';

/** What is known of an option before anybody gives it: for help, for parsing, and for descriptions of a service. */
export interface PictureOption {
  readonly type: 'string' | 'boolean';
  /** What stands for the value in help. */
  readonly value?: string;
  readonly help: string;
  /** The values that are taken, as JSON Schema has it. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/** Where options come from: a command line, or the query of a request. Both refuse the same values in the same words. */
export interface OptionSource {
  /** The value of a string option; `undefined` when it was not given. */
  text(option: string): string | undefined;
  flag(option: string): boolean;
  /** What an option is called there, in messages: `--crop`. */
  label(option: string): string;
  /** A refusal. */
  error(message: string): CycleganError;
}

/**
 * A whole number within bounds; `undefined` where the option was not given.
 * @throws What the source has for refusals, for anything else.
 */
export function readWholeNumber(
  source: OptionSource,
  option: string,
  [least, most]: readonly [number, number],
): number | undefined {
  const text = source.text(option);
  if (text === undefined) return undefined;
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= least && count <= most) return count;
  throw source.error(
    `${source.label(option)} takes a whole number from ${least} to ${most}, but got "${text}".`,
  );
}

/** One of some words. @throws What the source has for refusals, for another. */
export function readChoice<T>(
  source: OptionSource,
  option: string,
  choices: ReadonlyMap<string, T>,
): T | undefined {
  const text = source.text(option);
  if (text === undefined) return undefined;
  const choice = choices.get(text);
  if (choice !== undefined) return choice;
  const words = [...choices.keys()].join(', ');
  throw source.error(`${source.label(option)} takes ${words}, but got "${text}".`);
}
