import { CycleganError } from '../../errors.js';
import { type TrainOption, whyNot } from '../../train/options/option.js';
import { PRESET_NAMES, type PresetName } from '../../train/options/presets.js';
import { resolveSettings } from '../../train/options/settings.js';
import {
  TRAIN_OPTION_ENTRIES,
  type TrainOptionName,
  type TrainSettings,
} from '../../train/options/trainOptions.js';
import type { TrainOptions } from '../../train/run/options.js';
import { type CommandSpec, type Invocation, type OptionSpec, UsageError } from '../usage.js';
import { ENGINE_OPTION, readEngine } from './engine.js';
import { readCount } from './shared.js';
import { TRAIN_HINTS } from './trainHints.js';

/** `nLayersD` is `--n-layers-d`. */
function optionName(name: TrainOptionName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function specOf(option: TrainOption): OptionSpec {
  if (option.kind === 'switch') return { type: 'boolean', help: option.help };
  const isChoice = option.kind === 'choice';
  const value = isChoice ? option.choices.join('|') : option.kind === 'count' ? 'N' : 'X';
  const usual = option.default === null ? '' : `; default: ${option.default}`;
  return { type: 'string', value, help: `${option.help}${usual}` };
}

export const trainSpec: CommandSpec = {
  name: 'train',
  usage: 'A B -o RUN, or FOLDER -o RUN',
  summary: 'train a CycleGAN on two folders of pictures that are no pairs',
  hints: TRAIN_HINTS,
  notes: [
    "A and B are folders of pictures, with those below, one for each domain; FOLDER holds trainA and trainB. Names and defaults of options are those of the CycleGAN authors' script, and so is what is trained: G_A makes B of A, G_B makes A of B, and D_A and D_B judge what they make. Paired training (pix2pix) is not part of it.",
    'RUN is the folder of the run: latest_net_G_A.pth (_G_B, _D_A, _D_B), which load in PyTorch and here ("cyclegan in.jpg out.png --weights RUN/latest_net_G_A.pth"), latest_state.pth, the checkpoint before (previous_*), the weights of every fifth epoch (5_net_G_A.pth), log.jsonl with a line for each iteration, report.html, samples/ and tensorboard/.',
    'The same command goes on where the run was stopped, whether by Ctrl-C, which saves first, or by kill -9, and comes to the very weights to which it would have come without a pause. Only --n-epochs, --n-epochs-decay, --max-iterations, --threads and how often is saved may be others; with other options or other pictures, it is refused. A run stops by itself where a loss is no number, or a discriminator has won for long.',
    '--init begins with networks that are trained already: those of a folder, whichever are there, or one generator from its file, which becomes G_A.',
  ],
  options: {
    output: { type: 'string', short: 'o', value: 'RUN', help: 'the folder of the run' },
    preset: {
      type: 'string',
      value: PRESET_NAMES.join('|'),
      help: 'other defaults: fast for small networks and pictures, finetune for networks that are trained already; default: paper',
    },
    init: {
      type: 'string',
      value: 'DIR|FILE',
      help: 'networks to begin with: a folder with latest_net_G_A.pth, _G_B, _D_A, _D_B, any of which may be missing, or a generator',
    },
    epoch: {
      type: 'string',
      value: 'N',
      help: 'what stands before _net_ in the folder of --init; default: latest, or the only one that there is',
    },
    model: {
      type: 'string',
      value: 'cycle_gan',
      help: "as in the authors' script; pix2pix is not part of it",
    },
    ...Object.fromEntries(
      TRAIN_OPTION_ENTRIES.map(([name, option]) => [optionName(name), specOf(option)]),
    ),
    engine: ENGINE_OPTION,
    threads: { type: 'string', value: 'N', help: 'default: the physical cores' },
    'no-revectorize': { type: 'boolean', help: 'keep machine code at 128 bits' },
    json: { type: 'boolean', help: 'print one line of JSON for each iteration and checkpoint' },
  },
};

export interface TrainRequest {
  readonly options: TrainOptions;
  readonly json: boolean;
  readonly debug: boolean;
}

/** @throws UsageError without folders, or for a value that makes no sense. */
export function readTrain(invocation: Invocation): TrainRequest {
  const { operands, text, flag } = invocation;
  const [dataA, dataB, ...rest] = operands;
  const run = text('output');
  if (dataA === undefined || run === undefined || rest.length > 0) {
    throw new UsageError(
      'Which pictures, and where to? cyclegan train A B -o RUN, with a folder for each domain, or one that holds trainA and trainB.',
    );
  }
  refuseOtherModels(text('model'));
  const preset = readPreset(text('preset'));
  const settings = readSettings(invocation);
  checkSettings(settings, preset);
  return {
    options: {
      ...{
        ...settings,
        dataA,
        dataB,
        run,
        preset,
        init: text('init'),
        epoch: readEpoch(invocation),
      },
      engine: readEngine(invocation),
      threads: readCount(invocation, 'threads', 1, 256),
      // The process is the command's own.
      allowV8Flags: true,
      revectorize: !flag('no-revectorize'),
    },
    json: flag('json'),
    debug: flag('debug'),
  };
}

function refuseOtherModels(model = 'cycle_gan'): void {
  if (model === 'cycle_gan') return;
  throw new UsageError(
    model === 'pix2pix'
      ? '--model pix2pix: paired training is not part of this; cycle_gan is, which takes a folder for each domain.'
      : `--model takes cycle_gan, but got "${model}".`,
  );
}

function readPreset(name: string | undefined): PresetName | undefined {
  const preset = PRESET_NAMES.find((known) => known === name);
  if (name === undefined || preset !== undefined) return preset;
  throw new UsageError(`--preset takes ${PRESET_NAMES.join(', ')}, but got "${name}".`);
}

function readEpoch({ text }: Invocation): string | undefined {
  const epoch = text('epoch');
  if (epoch !== undefined && text('init') === undefined) {
    throw new UsageError('--epoch says which networks of --init DIR are meant; name DIR, too.');
  }
  return epoch;
}

/** What was given, by the library's names. */
function readSettings({ text, flag }: Invocation): Partial<TrainSettings> {
  const given: [TrainOptionName, unknown][] = [];
  for (const [name, option] of TRAIN_OPTION_ENTRIES) {
    const spelled = optionName(name);
    const value = text(spelled);
    if (option.kind === 'switch') {
      if (flag(spelled)) given.push([name, true]);
    } else if (value !== undefined) {
      const read = option.kind === 'choice' ? value : readNumber(value);
      const problem = whyNot(option, read);
      if (problem !== null) throw new UsageError(`--${spelled} ${problem}, but got "${value}".`);
      given.push([name, read]);
    }
  }
  return Object.fromEntries(given);
}

/** @returns NaN for what is none. */
function readNumber(text: string): number {
  return /^\d*\.?\d+(e-?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

/** What does not fit together is a matter of the command line, too. */
function checkSettings(settings: Partial<TrainSettings>, preset: PresetName | undefined): void {
  try {
    resolveSettings(settings, preset);
  } catch (error) {
    if (!(error instanceof CycleganError)) throw error;
    throw new UsageError(spelledAsOptions(error.message));
  }
}

/** Names of settings as the command spells them. */
export function spelledAsOptions(message: string): string {
  return TRAIN_OPTION_ENTRIES.reduce(
    (text, [name]) =>
      text.replace(new RegExp(`\\b${name}\\b(?! loss)`, 'g'), `--${optionName(name)}`),
    message,
  );
}
