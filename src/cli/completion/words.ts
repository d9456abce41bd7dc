import { PICTURE_EXTENSIONS } from '../../image/extensions.js';
import { MODELS } from '../modelList.js';
import { COMMON_OPTIONS, type CommandSpec, type OptionSpec } from '../usage.js';

/** What a shell can complete in a place. */
export interface Suggestions {
  readonly words: readonly string[];
  /** Extensions of files; `null`: any file; empty: none. */
  readonly extensions: readonly string[] | null;
}

const WEIGHT_EXTENSIONS = ['pth', 'pt', 'pt2', 'ptl', 'ckpt', 'bin', 'safetensors', 'onnx'];
const FILES: Suggestions = { words: [], extensions: null };

/** The options of a command with those that all have, each with what its value can be; `null`: it has none. */
export function optionsOf({ options }: CommandSpec): readonly (OptionSpec & {
  readonly name: string;
  readonly values: Suggestions | null;
})[] {
  return Object.entries({ ...options, ...COMMON_OPTIONS }).map(([name, option]) => ({
    ...option,
    name,
    values: option.type === 'boolean' ? null : valuesOf(option),
  }));
}

/** `--name`, and `-n` where there is one. */
export function flagsOf({
  name,
  short,
}: {
  readonly name: string;
  readonly short?: string;
}): string[] {
  return short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`];
}

function valuesOf({ value = '', choices, completes }: OptionSpec): Suggestions {
  const words = choices ?? alternatives(value);
  if (completes !== undefined) return suggestionsFor(completes, []);
  return words.length > 0 ? { words, extensions: [] } : FILES;
}

/** What the words of a command can be. */
export function operandsOf(
  { operands, usage }: CommandSpec,
  commands: readonly CommandSpec[],
): Suggestions {
  if (operands !== undefined) return suggestionsFor(operands, commands);
  const words = alternatives(usage);
  return words.length > 0 ? { words, extensions: [] } : FILES;
}

function suggestionsFor(
  kind: NonNullable<OptionSpec['completes']>,
  commands: readonly CommandSpec[],
): Suggestions {
  const models = MODELS.map(({ name }) => name);
  switch (kind) {
    case 'pictures':
      return { words: [], extensions: PICTURE_EXTENSIONS };
    case 'weights':
      return { words: models, extensions: WEIGHT_EXTENSIONS };
    case 'models':
      return { words: models, extensions: [] };
    case 'commands':
      return { words: commands.map(({ name }) => name), extensions: [] };
    case 'nothing':
      return { words: [], extensions: [] };
  }
}

/** What stands in a usage line as alternatives, `png|jpg`; nothing for others. */
function alternatives(usage: string): readonly string[] {
  const parts = usage.split('|');
  return parts.length > 1 ? parts.filter((part) => /^-?[a-z0-9._]+$/.test(part)) : [];
}
