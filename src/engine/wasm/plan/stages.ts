import type { GraphNode } from '../../../graph/graph.js';
import type { Buffer } from '../../shared/arena.js';
import type { Stored } from '../../shared/fuse/lazyValue.js';
import type {
  AdaptivePoolStep,
  ChannelSumStep,
  ConstantNorm,
  ConvolutionStep,
  DivideStep,
  DropoutStep,
  FlatStep,
  GatherStep,
  LinearStep,
  MaximaStep,
  MergeStep,
  NarrowStep,
  NormGradientStep,
  NormStep,
  PixelShuffleStep,
  PixelUnshuffleStep,
  PoolStep,
  PreluStep,
  ScaleStep,
  SoftmaxStep,
  UpsampleStep,
  VarianceStep,
  Window,
} from '../../shared/fuse/steps.js';
import type { Method } from './methods.js';
import type { Source } from './source.js';
import type { FileRows } from './transfer.js';
import type { WeightGradientStage } from './weightGradient/common.js';

/** What a step of the program does, before any machine code is written. */
export type Stage = { readonly node: GraphNode | null } & (
  | ImportStage
  | ExportStage
  | CopyStage
  | FillStage
  | FlatStage
  | SumStage
  | FlatSumStage
  | InsertStage
  | RowStage
  | LinearStage
  | UpsampleStage
  | GatherStage
  | PoolStage
  | MaximaStage
  | SumsStage
  | JoinSumsStage
  | NormStage
  | GradientSumsStage
  | NormGradientStage
  | VarianceStage
  | ScaleStage
  | MergeStage
  | ConvolutionStage
  | WeightGradientStage
  | ChainStage
  | ChainSumsStage
  | TransferStage
);

/** Pixels become planes. */
export interface ExportStage {
  readonly kind: 'export';
  readonly source: Source;
  readonly planar: Buffer;
  /** See `ConvolutionStage.planeRows`. */
  readonly planeRows?: number;
}

/**
 * Stages that run row by row, depth first, so that what one makes for the next is never whole. Where the second needs sums of all that
 * the first makes, `chainSums` runs the first by itself before.
 */
export interface ChainStage {
  readonly kind: 'chain';
  readonly chain: RowChain;
}

export interface ChainSumsStage {
  readonly kind: 'chainSums';
  readonly chain: RowChain;
}

/** Each member stands behind those whose results it reads. Such a result is read within the chain alone. */
export interface RowChain {
  readonly members: readonly ChainedStage[];
}

export type ChainedStage = { readonly node: GraphNode | null } & (
  | ConvolutionStage
  | ImportStage
  | ExportStage
  | CopyStage
  | TransferStage
);

/** A value comes from the scratch file to memory, or goes the other way. */
export type TransferStage = LoadStage | StoreStage;

export interface LoadStage extends FileTransfer {
  readonly kind: 'load';
}

export interface StoreStage extends FileTransfer {
  readonly kind: 'store';
}

export interface FileTransfer {
  readonly memory: Buffer;
  /** Its address is an offset in the file. */
  readonly file: Buffer;
  readonly rows: FileRows;
}

/** A value is written out; perhaps with the sums of a norm's gradient. */
export interface CopyStage {
  readonly kind: 'copy';
  readonly source: Source;
  readonly window: Window | null;
  readonly to: Buffer;
  readonly sums: GradientSumsBuffers | null;
  /** Set for what the source reads and that the copy may take the place of, the best first. */
  readonly inPlaceOf?: readonly Buffer[];
}

/** Where the gradient of a norm's result meets what the norm has read, what the norm does, and where sums go. */
export interface GradientSumsBuffers {
  readonly of: Buffer;
  readonly norm: Buffer;
  readonly partials: Buffer;
}

export interface GradientSumsStage extends GradientSumsBuffers {
  readonly kind: 'gradientSums';
  readonly source: Source;
}

export interface NormGradientStage {
  readonly kind: 'normGradient';
  readonly step: NormGradientStep;
  readonly partials: Buffer;
  readonly norm: Buffer;
  readonly factors: Buffer;
}

export interface VarianceStage {
  readonly kind: 'variance';
  readonly step: VarianceStep;
  readonly partials: Buffer;
  readonly to: Buffer;
}

/** Planes become pixels. */
export interface ImportStage {
  readonly kind: 'import';
  readonly planar: Buffer;
  readonly to: Buffer;
  readonly value: Stored;
  /** See `ConvolutionStage.planeRows`. */
  readonly planeRows?: number;
}

/** Each pixel gets the same numbers: one for each channel, or one for all. */
export interface FillStage {
  readonly kind: 'fill';
  readonly from: Buffer;
  readonly isOne: boolean;
  readonly value: Stored;
  readonly to: Buffer;
}

/** Elements are made of others, wherever they lie. */
export interface FlatStage {
  readonly kind: 'flat';
  readonly step: FlatStep;
  readonly operands: readonly Buffer[];
  readonly to: Buffer;
}

/** Channels are added up, item by item, and then all of that. */
export interface SumStage {
  readonly kind: 'sum';
  readonly source: Source;
  readonly isTotal: boolean;
  readonly partials: Buffer;
  readonly to: Buffer;
}

/** All elements are added up, item by item, and then all of that. */
export interface FlatSumStage {
  readonly kind: 'flatSum';
  readonly from: Buffer;
  readonly size: number;
  readonly partials: Buffer;
  readonly to: Buffer;
}

/** A value becomes some of the channels of a wider one. */
export interface InsertStage {
  readonly kind: 'insert';
  readonly source: Source;
  readonly firstChannel: number;
  readonly wide: Stored;
  readonly to: Buffer;
}

export type RowStep =
  | AdaptivePoolStep
  | ChannelSumStep
  | DivideStep
  | DropoutStep
  | NarrowStep
  | PixelShuffleStep
  | PixelUnshuffleStep
  | PreluStep
  | SoftmaxStep;

/** Goes through its source row by row. */
export interface RowStage {
  readonly kind: 'rows';
  readonly step: RowStep;
  readonly source: Source;
  readonly to: Buffer;
  /** What it goes by besides, if it is computed. */
  readonly seed: Buffer | null;
}

export interface UpsampleStage {
  readonly kind: 'upsample';
  readonly step: UpsampleStep;
  readonly source: Source;
  readonly to: Buffer;
}

export interface GatherStage {
  readonly kind: 'gather';
  readonly step: GatherStep;
  readonly source: Source;
  readonly to: Buffer;
}

export interface MaximaStage {
  readonly kind: 'maxima';
  readonly step: MaximaStep;
  readonly source: Source;
  readonly gradient: Buffer;
  readonly to: Buffer;
}

export interface PoolStage {
  readonly kind: 'pool';
  readonly step: PoolStep;
  readonly source: Source;
  readonly to: Buffer;
}

/** Sums of a value that no convolution has stored. */
export interface SumsStage {
  readonly kind: 'sums';
  readonly source: Source;
  readonly partials: Buffer;
}

/** Partial sums of several values become some of one, which begin with those of the first. */
export interface JoinSumsStage {
  readonly kind: 'joinSums';
  readonly channels: number;
  readonly partials: readonly Buffer[];
  readonly to: Buffer;
}

export interface NormStage {
  readonly kind: 'norm';
  readonly partials: Buffer;
  readonly step: NormStep;
  readonly norm: Buffer;
}

export interface LinearStage {
  readonly kind: 'linear';
  readonly step: LinearStep;
  readonly source: Source;
  readonly to: Buffer;
}

export interface ScaleStage {
  readonly kind: 'scale';
  readonly step: ScaleStep;
  readonly factors: Buffer | null;
  readonly by: Buffer;
  readonly norm: Buffer;
}

export interface MergeStage {
  readonly kind: 'merge';
  readonly step: MergeStep;
  readonly a: Buffer;
  readonly b: Buffer;
  readonly norm: Buffer;
}

export interface ConvolutionStage {
  readonly kind: 'convolution';
  readonly step: ConvolutionStep;
  readonly method: Method;
  readonly source: Source;
  readonly result: Buffer;
  /** Where the stage leaves sums for a norm. */
  readonly partials: Buffer | null;
  /** Where the stage writes a result of the network as planes, in place of `result`. */
  readonly planar: Buffer | null;
  /** Set where `planar` holds only so many rows of each plane at a time. */
  readonly planeRows?: number;
  /** Where the stage writes its source out for others. */
  readonly keep: Buffer | null;
  /** Set where few rows of its source or result are in memory at a time: its work items are small then. */
  readonly isBanded?: boolean;
  /** Set where nothing reads the source any more: its rows go by bands, and those of the result may take their place. */
  readonly isLastReader?: boolean;
}

export interface ConstantNormFactors {
  readonly buffer: Buffer;
  readonly channels: number;
  readonly norm: ConstantNorm;
}

export interface Plan {
  readonly stages: readonly Stage[];
  /** What writes weights, once all pictures have gone through the stages. */
  readonly commit: readonly Stage[];
  /** Whether values may take the place of others that are read for the last time. */
  readonly isOverlaid?: boolean;
  /** Buffers that live for some steps only. */
  readonly buffers: readonly Buffer[];
  /** The same in the scratch file. */
  readonly files?: readonly Buffer[];
  /** Whether a run can go on in another process, and where: at the end of each stage, or where it costs little. Default: nowhere. */
  readonly checkpoints?: 'none' | 'few' | 'each';
  readonly constantNorms: readonly ConstantNormFactors[];
  /** Weights that steps read as they are, by their numbers. */
  readonly flatWeights: ReadonlyMap<number, Buffer>;
  /** The network's inputs and results, `[C][H][W]`: in memory, or among `files`. */
  readonly inputs: readonly Buffer[];
  readonly outputs: readonly Buffer[];
}
