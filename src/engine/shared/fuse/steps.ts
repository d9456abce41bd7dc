import type { GraphNode } from '../../../graph/graph.js';
import type { AxisPhase } from '../../../tensor/axisPhase.js';
import type { AxisSamples } from '../../../tensor/upsample.js';
import type { LazyValue, NormFactors, Stored } from './lazyValue.js';

/** Partial sums of a value's channels that a step leaves for a norm, told from others by identity. */
export interface Sums {
  readonly channels: number;
}

/**
 * What a fused graph does, step by step: each an anchor that stores something, with the operators that lead up to it in its
 * source. `node` is the last node that is done with the step; `null` for what no node asked for. Weights are leaves of the
 * graph, by their numbers.
 */
export type FusedStep = { readonly node: GraphNode | null } & (
  | InputStep
  | OutputStep
  | CopyStep
  | ConcatenateStep
  | UpsampleStep
  | PoolStep
  | SumsStep
  | NormStep
  | ConvolutionStep
);

/** An input of the graph comes in. */
export interface InputStep {
  readonly kind: 'input';
  readonly index: number;
  readonly to: Stored;
}

/** A result of the graph goes out; without a border. */
export interface OutputStep {
  readonly kind: 'output';
  readonly index: number;
  readonly source: LazyValue;
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
}

/** Values, with their borders, become the channels of one, in their order. */
export interface ConcatenateStep {
  readonly kind: 'concatenate';
  readonly sources: readonly LazyValue[];
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

/** A materialized value is summed up, for a norm. */
export interface SumsStep {
  readonly kind: 'sums';
  readonly source: LazyValue;
  readonly sums: Sums;
}

/** Sums become a norm's factors. */
export interface NormStep {
  readonly kind: 'norm';
  readonly sums: Sums;
  /** What was summed up. */
  readonly of: Stored;
  readonly weight: number | null;
  readonly bias: number | null;
  readonly eps: number;
  readonly to: NormFactors;
}

export interface ConvolutionStep {
  readonly kind: 'convolution';
  readonly source: LazyValue;
  readonly isTransposed: boolean;
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
