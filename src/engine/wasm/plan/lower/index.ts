import type { GraphNode } from '../../../../graph/graph.js';
import type { FusedStep } from '../../../shared/fuse/steps.js';
import type { Lowering } from '../lowering.js';
import { lowerConvolution, lowerWeightGradient } from './convolutions.js';
import {
  lowerDivide,
  lowerGather,
  lowerLinear,
  lowerMaxima,
  lowerPool,
  lowerRows,
  lowerUpsample,
} from './layers.js';
import {
  lowerGradientSums,
  lowerJoinSums,
  lowerMerge,
  lowerNorm,
  lowerNormGradient,
  lowerScale,
  lowerSums,
  lowerVariance,
} from './norms.js';
import {
  lowerConcatenate,
  lowerCopy,
  lowerFlat,
  lowerFlatSum,
  lowerFlatten,
  lowerInput,
  lowerOutput,
  lowerReshape,
  lowerSum,
  lowerUnflatten,
} from './values.js';

type StepsByKind = {
  readonly [Kind in FusedStep['kind']]: FusedStep & { readonly kind: Kind };
};

/** What makes stages of a step of each kind. */
const RULES: {
  readonly [Kind in FusedStep['kind']]: (
    lowering: Lowering,
    step: StepsByKind[Kind],
    node: GraphNode | null,
  ) => void;
} = {
  input: lowerInput,
  flatInput: (lowering, { to }) => {
    lowering.inputs.push(lowering.flat(to));
  },
  output: lowerOutput,
  // How, `planCommit` says.
  assign: (lowering, { weight }) => {
    lowering.flat(weight);
  },
  flat: lowerFlat,
  flatten: lowerFlatten,
  unflatten: lowerUnflatten,
  sum: lowerSum,
  flatSum: lowerFlatSum,
  copy: lowerCopy,
  concatenate: lowerConcatenate,
  reshape: lowerReshape,
  adaptivePool: lowerRows,
  channelSum: lowerRows,
  dropout: lowerRows,
  narrow: lowerRows,
  pixelShuffle: lowerRows,
  pixelUnshuffle: lowerRows,
  prelu: lowerRows,
  softmax: lowerRows,
  linear: lowerLinear,
  divide: lowerDivide,
  upsample: lowerUpsample,
  gather: lowerGather,
  maxima: lowerMaxima,
  pool: lowerPool,
  sums: lowerSums,
  joinSums: lowerJoinSums,
  norm: lowerNorm,
  scale: lowerScale,
  gradientSums: lowerGradientSums,
  normGradient: lowerNormGradient,
  variance: lowerVariance,
  merge: lowerMerge,
  convolution: lowerConvolution,
  weightGradient: lowerWeightGradient,
};

export function lowerStep<Kind extends FusedStep['kind']>(
  lowering: Lowering,
  kind: Kind,
  step: StepsByKind[Kind] & { readonly node: GraphNode | null },
): void {
  RULES[kind](lowering, step, step.node);
}
