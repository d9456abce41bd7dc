import type { GraphNode } from '../../../graph/graph.js';
import type { AxisPhase } from '../../../tensor/axisPhase.js';
import type { AxisAdjoint } from '../../../tensor/training/axisAdjoint.js';
import type { MaxWindows } from '../../../tensor/training/scatterToMaxima.js';
import type { AxisSamples } from '../../../tensor/upsample.js';
import type { FlatRole, FlatValue, FusedValue } from './flatValue.js';
import type { Activation, ChannelOperation, LazyValue, NormFactors, Stored } from './lazyValue.js';

/** Partial sums of a value's channels that a step leaves for a norm, told from others by identity. */
export interface Sums {
  readonly channels: number;
  /** Elements of each channel. */
  readonly count: number;
}

/**
 * What a fused graph does, step by step: each an anchor that stores something, with the operators that lead up to it in its
 * source. `node` is the last node that is done with the step; `null` for what no node asked for. Weights are leaves of the
 * graph, by their numbers.
 */
export type FusedStep = { readonly node: GraphNode | null } & (
  | InputStep
  | FlatInputStep
  | OutputStep
  | AssignStep
  | FlatStep
  | FlattenStep
  | UnflattenStep
  | SumStep
  | FlatSumStep
  | ChannelSumStep
  | CopyStep
  | ConcatenateStep
  | NarrowStep
  | SoftmaxStep
  | PixelShuffleStep
  | PixelUnshuffleStep
  | DropoutStep
  | ReshapeStep
  | PreluStep
  | LinearStep
  | DivideStep
  | UpsampleStep
  | GatherStep
  | PoolStep
  | MaximaStep
  | AdaptivePoolStep
  | SumsStep
  | JoinSumsStep
  | NormStep
  | GradientSumsStep
  | NormGradientStep
  | VarianceStep
  | ScaleStep
  | MergeStep
  | ConvolutionStep
  | WeightGradientStep
);

/** A step without the node that it is of. */
export type StepOfNode = DistributiveOmit<FusedStep, 'node'>;

type DistributiveOmit<T, K extends string> = T extends unknown ? Omit<T, K> : never;

/** An input of the graph comes in. */
export interface InputStep {
  readonly kind: 'input';
  readonly index: number;
  readonly to: Stored;
}

/** An input that is no picture comes in. */
export interface FlatInputStep {
  readonly kind: 'flatInput';
  readonly index: number;
  readonly to: FlatValue;
}

/** A result of the graph goes out; without a border. */
export interface OutputStep {
  readonly kind: 'output';
  readonly index: number;
  readonly source: FusedValue;
}

/** A flat value takes the place of a weight, when all steps of a run are done. */
export interface AssignStep {
  readonly kind: 'assign';
  readonly source: FlatValue;
  readonly weight: FlatValue;
}

/** What makes an element of others. */
export type FlatOperation =
  | 'copy'
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'maximum'
  | Activation
  | OptimizerOperation;

/** Operations of optimisers, as the operators of the same names. */
export type OptimizerOperation =
  | { readonly adamFirstMoment: number }
  | { readonly adamSecondMoment: number }
  | { readonly adamUpdate: number }
  | { readonly sgdMomentum: number }
  | 'sgdUpdate';

/** Each element of a flat value is made of those of others in the same place, and of some that go with all. */
export interface FlatStep {
  readonly kind: 'flat';
  readonly operation: FlatOperation;
  readonly operands: readonly FlatValue[];
  /** Of each operand, how many of its elements go with all; 0 where each goes with one. */
  readonly repeated: readonly number[];
  readonly to: FlatValue;
}

/** The elements of each channel of a value, without a border, are added up; or all of them. */
export interface SumStep {
  readonly kind: 'sum';
  readonly source: LazyValue;
  readonly isTotal: boolean;
  readonly to: FlatValue | Stored;
}

/** All elements are added up. */
export interface FlatSumStep {
  readonly kind: 'flatSum';
  readonly source: FlatValue;
  readonly to: FlatValue;
}

/** The channels of each pixel of a value, with its border, are added up. */
export interface ChannelSumStep {
  readonly kind: 'channelSum';
  readonly source: LazyValue;
  readonly to: Stored;
}

/** A picture, without a border, becomes a flat value. */
export interface FlattenStep {
  readonly kind: 'flatten';
  readonly source: LazyValue;
  readonly to: FlatValue;
}

/** A flat value becomes a picture: all of its elements, or one repeated, or one for each channel. */
export interface UnflattenStep {
  readonly kind: 'unflatten';
  readonly source: FlatValue;
  readonly role: FlatRole;
  readonly to: Stored;
}

/** A part of a value's rows and columns. */
export interface Window {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** A value is written out as it is now, with its border. */
export interface CopyStep {
  readonly kind: 'copy';
  readonly source: LazyValue;
  /** Set when only this part of it is written out; the source has no border then. */
  readonly window: Window | null;
  readonly to: Stored;
  /** Set when what is stored is the gradient of a norm's result. */
  gradientSums: GradientSums | null;
}

/** Values, with their borders, become the channels of one, in their order. */
export interface ConcatenateStep {
  readonly kind: 'concatenate';
  readonly sources: readonly LazyValue[];
  readonly to: Stored;
}

/** Some channels of a value, with its border, become one. */
export interface NarrowStep {
  readonly kind: 'narrow';
  readonly source: LazyValue;
  readonly firstChannel: number;
  readonly to: Stored;
}

/** The channels of each pixel of a value, with its border, become shares of 1. */
export interface SoftmaxStep {
  readonly kind: 'softmax';
  readonly source: LazyValue;
  readonly to: Stored;
}

/** Channels of a value, with its border, become blocks of pixels. */
export interface PixelShuffleStep {
  readonly kind: 'pixelShuffle';
  readonly source: LazyValue;
  /** Sides of a block. */
  readonly factor: number;
  readonly to: Stored;
}

/** Blocks of pixels of a value, with its border, become channels. */
export interface PixelUnshuffleStep {
  readonly kind: 'pixelUnshuffle';
  readonly source: LazyValue;
  /** Sides of a block. */
  readonly factor: number;
  readonly to: Stored;
}

/** Elements of a value, with its border, are dropped at random, by a seed of two numbers. */
export interface DropoutStep {
  readonly kind: 'dropout';
  readonly source: LazyValue;
  readonly seed: FlatValue;
  readonly p: number;
  readonly stream: number;
  /** The number of the picture in its batch. */
  readonly picture: number;
  readonly to: Stored;
}

/** The elements of a value without a border, in the order of its planes, become another. */
export interface ReshapeStep {
  readonly kind: 'reshape';
  readonly source: LazyValue;
  readonly to: Stored;
}

/** What is below zero of a value, with its border, times a slope: one of each channel, or one of all. */
export interface PreluStep {
  readonly kind: 'prelu';
  readonly source: LazyValue;
  readonly weight: number;
  readonly to: Stored;
}

/** Weighted sums of all channels of a materialized value of one pixel. */
export interface LinearStep {
  readonly kind: 'linear';
  readonly source: LazyValue;
  readonly weight: number;
  readonly bias: number | null;
  readonly to: Stored;
}

/** A materialized value by another, which may have one channel. */
export interface DivideStep {
  readonly kind: 'divide';
  readonly source: LazyValue;
  readonly divisor: Stored;
  readonly to: Stored;
}

/** Rows and columns of a value, with its border, are put where samples say. */
export interface UpsampleStep {
  readonly kind: 'upsample';
  readonly source: LazyValue;
  /** Whether the samples' first positions are all that counts. */
  readonly isNearest: boolean;
  readonly rows: AxisSamples;
  readonly columns: AxisSamples;
  readonly to: Stored;
}

/** Pixels of a value, with its border, go back to where those that they were made of lie. */
export interface GatherStep {
  readonly kind: 'gather';
  readonly source: LazyValue;
  readonly rows: AxisAdjoint;
  readonly columns: AxisAdjoint;
  readonly to: Stored;
}

/** The gradient of each window of a materialized value goes to its largest element. */
export interface MaximaStep {
  readonly kind: 'maxima';
  readonly source: LazyValue;
  /** Materialized, a pixel for each window. */
  readonly gradient: Stored;
  readonly windows: MaxWindows;
  readonly to: Stored;
}

/** Windows of a value, with its border, become a pixel each. Pairs are `[vertical, horizontal]`. */
export interface PoolStep {
  readonly kind: 'pool';
  readonly source: LazyValue;
  /** The largest element; or the mean, of what is there or with the zeros of the padding. */
  readonly reduction: 'max' | 'mean' | 'paddedMean';
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly to: Stored;
}

/** The windows of each row of a value, with its border, become a pixel each; or windows of rows become a row each, of a materialized value. */
export interface AdaptivePoolStep {
  readonly kind: 'adaptivePool';
  readonly axis: 'rows' | 'columns';
  readonly reduction: 'max' | 'mean';
  readonly source: LazyValue;
  readonly to: Stored;
}

/** A materialized value is summed up, for a norm. */
export interface SumsStep {
  readonly kind: 'sums';
  readonly source: LazyValue;
  readonly sums: Sums;
}

/** Sums of several values become those of all together. */
export interface JoinSumsStep {
  readonly kind: 'joinSums';
  readonly parts: readonly Sums[];
  readonly sums: Sums;
}

/** Sums that the gradient of a norm goes by: of the gradient of its result, and of that times what the norm has read. */
export interface GradientSums {
  readonly sums: Sums;
  /** What the norm has read, and what it does. */
  readonly of: Stored;
  readonly norm: NormFactors;
}

/** The gradient of a norm's result, with what is pending, is summed up. */
export interface GradientSumsStep extends GradientSums {
  readonly kind: 'gradientSums';
  readonly source: LazyValue;
}

/** Sums become the variance of each channel, as a value of one pixel. */
export interface VarianceStep {
  readonly kind: 'variance';
  readonly sums: Sums;
  /** What is taken off the number of elements that squares are divided by. */
  readonly correction: 0 | 1;
  readonly to: Stored;
}

/** Sums become the factors of a norm's gradient. */
export interface NormGradientStep extends Statistics {
  readonly kind: 'normGradient';
  /** Of the gradient of the norm's result. */
  readonly sums: Sums;
  readonly norm: NormFactors;
  readonly to: NormFactors;
}

/** How a norm goes by a value's own statistics. */
export interface Statistics {
  /** Channels that are normalised together. */
  readonly perGroup: number;
  readonly eps: number;
  /** What is taken off the number of elements that squares are divided by. */
  readonly correction: 0 | 1;
  /** Whether `eps` is added to the standard deviation instead of the variance. */
  readonly epsOutside: boolean;
}

/** Sums become a norm's factors. */
export interface NormStep extends Statistics {
  readonly kind: 'norm';
  readonly sums: Sums;
  readonly weight: number | null;
  readonly bias: number | null;
  readonly to: NormFactors;
}

/** Something that is done to each channel by one number becomes a norm's factors. */
export interface ScaleStep {
  readonly kind: 'scale';
  readonly operation: ChannelOperation;
  /** Factors that it comes on top of. */
  readonly from: NormFactors | null;
  /** A flat value, or a materialized one of one pixel; of one element a channel, or one for all. */
  readonly by: FlatValue | Stored;
  readonly to: NormFactors;
}

/** Two norms of one value, the sum or the difference of what they make, become one. */
export interface MergeStep {
  readonly kind: 'merge';
  readonly operation: 'add' | 'sub';
  readonly a: NormFactors;
  readonly b: NormFactors;
  readonly to: NormFactors;
}

/** The gradient of a convolution's weight, in PyTorch's order; pairs are `[vertical, horizontal]`. */
export interface WeightGradientStep {
  readonly kind: 'weightGradient';
  /** What the convolution read, with all padding as its border. */
  readonly source: LazyValue;
  /** Of what the convolution gave; without a border. */
  readonly gradient: LazyValue;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
  readonly to: FlatValue;
}

export interface ConvolutionStep {
  readonly kind: 'convolution';
  readonly source: LazyValue;
  /** Whether its phases are those of a transposed convolution. Its weight is by input channel first. */
  readonly isTransposed: boolean;
  /** Whether it is a transposed convolution of stride 1 as a direct one: its weight, too, is by input channel first, and taps go backwards. */
  readonly isAdjoint: boolean;
  readonly weight: number;
  readonly weightShape: readonly number[];
  readonly bias: number | null;
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
  /** From one output to the next along a phase. */
  readonly inStep: readonly [number, number];
  readonly rows: readonly AxisPhase[];
  readonly cols: readonly AxisPhase[];
  readonly to: Stored;
  /** Set when a norm reads what is stored. */
  sums: Sums | null;
  /** Set when others read the source, too, which this step then writes out without its border. */
  readonly keep: Stored | null;
}

/** A norm whose statistics are weights: its factors are known before a run. */
export interface ConstantNorm {
  readonly weight: number | null;
  readonly bias: number | null;
  readonly mean: number;
  readonly variance: number;
  readonly eps: number;
  readonly to: NormFactors;
}

export interface FusedGraph {
  readonly steps: readonly FusedStep[];
  readonly constantNorms: readonly ConstantNorm[];
}
