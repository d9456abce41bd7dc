import type { TrainSettings } from './trainOptions.js';

/** Other defaults, for what a run is to be like. */
export const PRESETS = {
  /** Small networks and pictures: a night on a laptop instead of weeks. */
  fast: {
    loadSize: 143,
    cropSize: 128,
    ngf: 32,
    nBlocks: 6,
    ndf: 32,
    nEpochs: 20,
    nEpochsDecay: 20,
  },
  /** What the authors trained with. */
  paper: {},
  /** Networks that are trained already, gently. */
  finetune: { lr: 0.00005, nEpochs: 5, nEpochsDecay: 5 },
} as const satisfies Readonly<Record<string, Partial<TrainSettings>>>;

export type PresetName = keyof typeof PRESETS;

export const PRESET_NAMES = Object.keys(PRESETS) as readonly PresetName[];
