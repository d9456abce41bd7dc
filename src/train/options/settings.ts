import { CycleganError } from '../../errors.js';
import { describeValue } from '../../tensor/describeValue.js';
import { whyNot } from './option.js';
import { PRESET_NAMES, PRESETS, type PresetName } from './presets.js';
import { TRAIN_OPTION_ENTRIES, TRAIN_OPTIONS, type TrainSettings } from './trainOptions.js';

/**
 * All settings of a run: what is given, else the preset's, else the defaults. What is `undefined` counts as not given.
 *
 * @throws CycleganError `ERR_TRAIN_OPTION` for a value that is not taken, or that does not fit the others.
 */
export function resolveSettings(
  given: Partial<TrainSettings>,
  preset: PresetName = 'paper',
): TrainSettings {
  if (!PRESET_NAMES.includes(preset)) {
    throw optionError(`preset takes ${PRESET_NAMES.join(', ')}, but got ${shown(preset)}.`);
  }
  const presets: Partial<TrainSettings> = PRESETS[preset];
  const entries = TRAIN_OPTION_ENTRIES.map(([name, option]) => {
    const value: unknown = given[name] ?? presets[name] ?? option.default;
    const problem = whyNot(option, value);
    if (problem !== null) throw optionError(`${name} ${problem}, but got ${shown(value)}.`);
    return [name, value] as const;
  });
  const settings = Object.fromEntries(entries) as unknown as TrainSettings;
  checkTogether(settings);
  return settings;
}

function checkTogether({
  preprocess,
  loadSize,
  cropSize,
  nEpochs,
  nEpochsDecay,
}: TrainSettings): void {
  if (preprocess.startsWith('resize') && cropSize > loadSize) {
    throw optionError(
      `cropSize is ${cropSize}, but pictures are resized to loadSize ${loadSize}, out of which no such square can be cut.`,
    );
  }
  if (preprocess.includes('crop') && cropSize % 4 !== 0) {
    throw optionError(
      `cropSize has to be a multiple of 4, for generators halve pictures twice, but is ${cropSize}.`,
    );
  }
  if (nEpochs + nEpochsDecay === 0) throw optionError('nEpochs and nEpochsDecay are both 0.');
}

function optionError(message: string): CycleganError {
  return new CycleganError('ERR_TRAIN_OPTION', message);
}

/** One setting that a run which goes on would have changed. */
export interface ChangedSetting {
  readonly name: string;
  readonly before: unknown;
  readonly now: unknown;
}

/** Settings on which what was trained so far depends, and that are others now. */
export function changedSettings(
  before: Readonly<Record<string, unknown>>,
  now: TrainSettings,
): ChangedSetting[] {
  return TRAIN_OPTION_ENTRIES.filter(
    ([name, { mayChange }]) => !mayChange && before[name] !== now[name],
  ).map(([name]) => ({ name, before: before[name], now: now[name] }));
}

/** The settings that a state file holds. @throws CycleganError `ERR_TRAIN_STATE` where it holds others than there are. */
export function readSettings(stored: unknown): TrainSettings {
  const record = (typeof stored === 'object' && stored !== null ? stored : {}) as Readonly<
    Record<string, unknown>
  >;
  const entries = Object.entries(TRAIN_OPTIONS).map(([name, option]) => {
    const value = Object.hasOwn(record, name) ? record[name] : undefined;
    const problem = whyNot(option, value);
    if (problem !== null) {
      throw new CycleganError(
        'ERR_TRAIN_STATE',
        `the option ${name} ${problem}, but is ${shown(value)}`,
      );
    }
    return [name, value] as const;
  });
  return Object.fromEntries(entries) as unknown as TrainSettings;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  return typeof value === 'number' || value === null ? String(value) : describeValue(value);
}
