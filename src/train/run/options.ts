import type { EngineOptions } from '../../engine/engine.js';
import type { AbortSignalLike, UrlLike } from '../../platform/webTypes.js';
import type { PresetName } from '../options/presets.js';
import type { TrainSettings } from '../options/trainOptions.js';
import type { LogEntry } from '../runLog.js';

/** What is told of an iteration, once it is done. */
export interface IterationReport {
  readonly entry: LogEntry;
  /** Iterations after which the run ends. */
  readonly total: number;
  /** Pictures of A and of B together that an iteration sees. */
  readonly pictures: number;
}

export interface CheckpointReport {
  readonly iteration: number;
  /** In seconds. */
  readonly seconds: number;
  /** The weights of this epoch were kept, too; `null`: of none. */
  readonly epoch: number | null;
}

/** What a run tells while it goes on. */
export interface TrainCallbacks {
  /** Pictures that were looked at before the first iteration. */
  readonly onPicture?: (looked: number, total: number) => void;
  readonly onIteration?: (report: IterationReport) => void;
  readonly onCheckpoint?: (report: CheckpointReport) => void;
  /** A sentence that people may want to know. */
  readonly onNote?: (note: string) => void;
}

/** Settings that are not given are those of `preset`, or else those of the CycleGAN authors' script: see `TRAIN_OPTIONS`. */
export interface TrainOptions
  extends Partial<TrainSettings>,
    TrainCallbacks,
    Pick<EngineOptions, 'engine' | 'threads' | 'allowV8Flags' | 'revectorize'> {
  /** A folder of pictures of the first domain; without `dataB`, one that holds `trainA` and `trainB`. */
  readonly dataA: string;
  readonly dataB?: string;
  /** The folder of the run, for weights, log and state. A run that lies there goes on. */
  readonly run: string;
  /** Other defaults: `fast` for small networks and pictures, `finetune` for networks that are trained already. Default: `paper`. */
  readonly preset?: PresetName;
  /**
   * Networks to begin with: a folder with `latest_net_G_A.pth`, `_G_B`, `_D_A`, `_D_B`, any of which may be missing; or the file
   * of a generator, which becomes G_A. Default: all are drawn.
   */
  readonly init?: string;
  /** What stands before `_net_` in the folder of `init`. Default: `latest`, or the only one that there is. */
  readonly epoch?: string;
  /** Ends the run after the iteration that is under way; what was trained is saved first. */
  readonly signal?: AbortSignalLike;
  /** The program file that threads run which decode pictures. Default: the library's own. */
  readonly pictureThreadFile?: UrlLike;
}

export interface TrainResult {
  /** Iterations that are done, those of earlier calls included. */
  readonly iterations: number;
  /** Iterations that this call did. */
  readonly done: number;
  /** Of the last iteration of this call; `null` where there was none. */
  readonly last: LogEntry | null;
  /** Paths of the weight files. */
  readonly weights: Readonly<Record<'G_A' | 'G_B' | 'D_A' | 'D_B', string>>;
}
