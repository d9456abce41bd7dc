import type { TraitOptions } from '../generator/family.js';
import type { OptionSource, PictureOption } from '../translate/options/optionSource.js';
import {
  PICTURE_OPTIONS,
  type PictureSettings,
  readExtension,
  readPictureSettings,
} from '../translate/options/pictureOptions.js';
import { readTraits, TRAIT_OPTIONS } from '../translate/options/traitOptions.js';
import { ServiceError } from './serviceError.js';

/** What `POST /v1/translate` has as its query: the command's options that change one picture, by the same names. */
export const QUERY_OPTIONS: Readonly<Record<string, PictureOption>> = {
  model: {
    type: 'string',
    value: 'NAME',
    help: 'which network; /v1/models lists them; default: the first',
    schema: { type: 'string' },
  },
  format: {
    type: 'string',
    value: 'png|jpg|webp|tif',
    help: 'of the result; default: what Accept asks for, or PNG',
    schema: { type: 'string', enum: ['png', 'jpg', 'webp', 'tif'] },
  },
  ...PICTURE_OPTIONS,
  ...TRAIT_OPTIONS,
};

export interface QueryRequest {
  /** `null`: the first. */
  readonly model: string | null;
  /** `.png`; `null`: as `Accept` says. */
  readonly extension: string | null;
  readonly settings: PictureSettings;
  /** Those that were given. */
  readonly traits: TraitOptions;
}

const SWITCHES: ReadonlyMap<string, boolean> = new Map([
  ['', true],
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** @throws ServiceError 400 for an option that there is not, is given twice, or has a value that is not taken. */
export function readQuery(query: URLSearchParams): QueryRequest {
  const values = new Map<string, string>();
  for (const [name, value] of query) {
    if (!Object.hasOwn(QUERY_OPTIONS, name)) {
      const names = Object.keys(QUERY_OPTIONS).join(', ');
      throw refused(`There is no option "${shown(name)}"; there are ${names}.`);
    }
    if (values.has(name)) throw refused(`${name} is given twice.`);
    values.set(name, value);
  }
  const source = sourceOf(values);
  const format = values.get('format');
  return {
    model: values.get('model') ?? null,
    extension: format === undefined ? null : readExtension(source, format),
    settings: readPictureSettings(source),
    traits: given(readTraits(source)),
  };
}

function sourceOf(values: ReadonlyMap<string, string>): OptionSource {
  return {
    text: (option) => values.get(option),
    flag: (option) => {
      const value = values.get(option);
      if (value === undefined) return false;
      const isOn = SWITCHES.get(value);
      if (isOn !== undefined) return isOn;
      throw refused(`${option} takes true or false, but got "${shown(value)}".`);
    },
    label: (option) => option,
    error: refused,
  };
}

function given(traits: TraitOptions): TraitOptions {
  return Object.fromEntries(Object.entries(traits).filter(([, value]) => value !== undefined));
}

/** Longer ones are nobody's slip. */
const MAX_SHOWN = 80;

function shown(value: string): string {
  return value.length <= MAX_SHOWN ? value : `${value.slice(0, MAX_SHOWN)}…`;
}

function refused(message: string): ServiceError {
  return new ServiceError(400, 'ERR_REQUEST', message);
}
