/** What all kinds of options have. */
interface Described {
  readonly help: string;
  /** Whether a run that goes on may have another value: what was trained so far does not depend on it. */
  readonly mayChange?: true;
}

export interface NumberOption<D extends number | null = number | null> extends Described {
  readonly kind: 'count' | 'number';
  /** `null`: unless it is given, there is none. */
  readonly default: D;
  readonly min: number;
  readonly max: number;
}

export interface ChoiceOption<C extends string = string> extends Described {
  readonly kind: 'choice';
  readonly choices: readonly C[];
  readonly default: C;
}

export interface SwitchOption extends Described {
  readonly kind: 'switch';
  readonly default: boolean;
}

export type TrainOption = NumberOption | ChoiceOption | SwitchOption;

interface Given {
  readonly mayChange?: true;
}

/** A whole number. */
export function count<D extends number | null>(
  defaultValue: D,
  [min, max]: readonly [number, number],
  help: string,
  given: Given = {},
): NumberOption<D> {
  return { kind: 'count', default: defaultValue, min, max, help, ...given };
}

export function number<D extends number | null>(
  defaultValue: D,
  [min, max]: readonly [number, number],
  help: string,
  given: Given = {},
): NumberOption<D> {
  return { kind: 'number', default: defaultValue, min, max, help, ...given };
}

/** The first is the default. */
export function choice<const C extends readonly string[]>(
  choices: C,
  help: string,
): ChoiceOption<C[number]> {
  return { kind: 'choice', choices, default: choices[0], help };
}

export function flag(defaultValue: boolean, help: string): SwitchOption {
  return { kind: 'switch', default: defaultValue, help };
}

/** What a value of an option is. */
export type ValueOf<O> =
  O extends ChoiceOption<infer C>
    ? C
    : O extends SwitchOption
      ? boolean
      : O extends NumberOption<infer D>
        ? D extends null
          ? number | null
          : number
        : never;

/**
 * Why a value is not one of the option's: `takes …`; `null` where it is.
 */
export function whyNot(option: TrainOption, value: unknown): string | null {
  switch (option.kind) {
    case 'choice':
      return option.choices.some((one) => one === value)
        ? null
        : `takes ${option.choices.join(', ')}`;
    case 'switch':
      return typeof value === 'boolean' ? null : 'takes true or false';
    case 'count':
    case 'number': {
      const { kind, min, max } = option;
      if (value === null && option.default === null) return null;
      const isOne =
        typeof value === 'number' &&
        value >= min &&
        value <= max &&
        (kind === 'number' || Number.isInteger(value));
      return isOne
        ? null
        : `takes a ${kind === 'count' ? 'whole ' : ''}number from ${min} to ${max}`;
    }
  }
}
