import { CycleganError } from '../../errors.js';
import type { TraitOptions } from '../../generator/family.js';
import type { JobSettings } from '../../queue/job.js';
import {
  PICTURE_OPTIONS,
  type PictureSettings,
  readPictureSettings,
} from '../../translate/options/pictureOptions.js';
import { readTraits, TRAIT_OPTIONS } from '../../translate/options/traitOptions.js';
import type { Invocation } from '../usage.js';

/** Options that decide what a picture becomes, which go with it to a worker. None of them names a file. */
export const SETTING_NAMES: readonly string[] = [
  'key',
  ...Object.keys(PICTURE_OPTIONS),
  ...Object.keys(TRAIT_OPTIONS),
];

/** What of a command line goes with a job. */
export function settingsOf({ text, flag }: Invocation): JobSettings {
  const given = SETTING_NAMES.filter(flag);
  return Object.fromEntries(given.map((name) => [name, text(name) ?? true]));
}

/** What a worker does with a picture. */
export interface JobRequest {
  readonly traits: TraitOptions;
  /** Where in a checkpoint the state dict is; `undefined`: it is searched. */
  readonly key: string | undefined;
  readonly pictures: PictureSettings;
}

/**
 * The settings of a job, by the rules of a command line.
 * @throws CycleganError `ERR_QUEUE_JOB` for what is no setting, or a value that makes no sense.
 */
export function readSettings(settings: JobSettings): JobRequest {
  const values = new Map(Object.entries(settings));
  const error = (message: string) => new CycleganError('ERR_QUEUE_JOB', message);
  const other = [...values.keys()].find((name) => !SETTING_NAMES.includes(name));
  if (other !== undefined) throw error(`This version knows no setting ${other} of a job.`);
  const text = (name: string) => {
    const value = values.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  const source = {
    text,
    flag: values.has.bind(values),
    label: (name: string) => `--${name}`,
    error,
  };
  return {
    traits: readTraits(source),
    key: text('key'),
    pictures: readPictureSettings(source),
  };
}
