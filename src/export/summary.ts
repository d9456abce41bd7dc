import { type GraphNode, operandShapes } from '../graph/graph.js';
import { Conv2d } from '../nn/conv2d.js';
import { ConvTranspose2d } from '../nn/convTranspose2d.js';
import type { Module } from '../nn/module.js';
import { type Shape, sizeOf } from '../tensor/shape.js';
import { type RecordedGraph, recordGraph } from './recorder.js';

/** Weights and values are float32. */
const BYTES = 4;

/** What a part of a network costs. */
export interface LayerCosts {
  /** Weights, without buffers, as PyTorch counts parameters. */
  readonly parameters: number;
  /** Products of the layers' definitions; engines that filter need fewer. */
  readonly multiplyAdds: number;
  /** Of all values that it makes, as if all were kept; engines keep those that are still to be read. */
  readonly activationBytes: number;
  /** Measured by `profile`; 0 for what an engine does in one go with another layer. */
  readonly milliseconds?: number;
  /** Of `profile`: 10⁹ operations per second, two for each of `multiplyAdds`; `null` without those, or without time. */
  readonly gflops?: number | null;
}

/** A module of the network. */
export interface SummaryRow {
  /** What its state-dict keys begin with, `model.10.conv_block.1`; empty for the network itself. */
  readonly name: string;
  /** Class name. */
  readonly type: string;
  /** How many modules it lies within. */
  readonly depth: number;
  /** Of its first call; `null` for a module that is never called. */
  readonly inputShape: Shape | null;
  readonly outputShape: Shape | null;
  /** `[height, width]` of a convolution's kernel. */
  readonly kernel: Shape | null;
  /** Without the modules within it. */
  readonly own: LayerCosts;
  /** With the modules within it. */
  readonly total: LayerCosts;
}

export interface SummaryTotals extends LayerCosts {
  /** All of them: nothing is ever frozen here. */
  readonly trainableParameters: number;
  /**
   * What torchinfo calls mult-adds: a layer's parameters times the places of its output. Biases are products then, and a
   * transposed convolution is one over an input of output size.
   */
  readonly torchinfoMultiplyAdds: number;
  readonly inputBytes: number;
  readonly parameterBytes: number;
  /** Input, parameters and activations together. */
  readonly estimatedBytes: number;
}

/** How `profile` measured. */
export interface Measurement {
  readonly engine: string;
  /** Times are medians of so many runs. */
  readonly runs: number;
}

/** A network as the list of its modules, for one input shape: plain data, which JSON can hold. */
export interface Summary {
  readonly inputShape: Shape;
  /** Each module once, the network itself first, each before those within it. */
  readonly rows: readonly SummaryRow[];
  readonly totals: SummaryTotals;
  readonly measured?: Measurement;
}

/** Times of a real run. */
export interface MeasuredTimes extends Measurement {
  /** Of the whole. */
  readonly milliseconds: number;
  millisecondsOf(node: GraphNode): number;
}

/**
 * What `torchinfo.summary` tells of a network: each module with its shapes and what it costs. Nothing is run.
 *
 * ```ts
 * const { totals } = summarize(new Conv2d(3, 8, 3), [1, 3, 8, 8]);
 * [totals.parameters, totals.multiplyAdds]; // [224, 7776]
 * ```
 *
 * @param inputShape `[N, C, H, W]` or `[C, H, W]`.
 * @throws ShapeError when a layer does not take what reaches it; CycleganError `ERR_TRAINING` where `forward` does.
 */
export function summarize(module: Module, inputShape: Shape): Summary {
  return summarizeWith(module, inputShape, null);
}

/** `summarize`, with the times of a real run. */
export function summarizeWith(
  module: Module,
  inputShape: Shape,
  times: MeasuredTimes | null,
): Summary {
  const recorded = recordGraph(module, inputShape);
  const rows = rowsOf(module, '', 0, recorded, times, new Set());
  const { total } = rows[0];
  const inputBytes = sizeOf(inputShape) * BYTES;
  const parameterBytes = total.parameters * BYTES;
  const summary: Summary = {
    inputShape: [...inputShape],
    rows,
    totals: {
      // The whole takes longer than its layers: threads are woken, and the result is copied.
      ...(times === null ? total : withTime(total, times.milliseconds)),
      trainableParameters: total.parameters,
      torchinfoMultiplyAdds: torchinfoMultiplyAdds(module, recorded),
      inputBytes,
      parameterBytes,
      estimatedBytes: inputBytes + parameterBytes + total.activationBytes,
    },
  };
  if (times === null) return summary;
  return { ...summary, measured: { engine: times.engine, runs: times.runs } };
}

/** The rows of a module and of all within it. As in PyTorch, one that has several names is listed under the first. */
function rowsOf(
  module: Module,
  name: string,
  depth: number,
  recorded: RecordedGraph,
  times: MeasuredTimes | null,
  listed: Set<Module>,
): SummaryRow[] {
  if (listed.has(module)) return [];
  listed.add(module);
  const below = [...module.namedChildren()].flatMap(([key, child]) =>
    rowsOf(child, name === '' ? key : `${name}.${key}`, depth + 1, recorded, times, listed),
  );
  const [call] = recorded.callsOf(module);
  const own = ownCosts(module, recorded, times);
  const row: SummaryRow = {
    name,
    type: module.constructor.name,
    depth,
    inputShape: call?.inputShape ?? null,
    outputShape: call?.outputShape ?? null,
    kernel: isConvolution(module) ? module.kernelSize : null,
    own,
    total: sumOf([own, ...below.map((inner) => inner.own)], times !== null),
  };
  return [row, ...below];
}

function ownCosts(
  module: Module,
  recorded: RecordedGraph,
  times: MeasuredTimes | null,
): LayerCosts {
  const nodes = recorded.nodesOf(module).map((node) => ({
    parameters: 0,
    multiplyAdds: multiplyAddsOf(node, recorded),
    activationBytes: sizeOf(node.shape) * BYTES,
    milliseconds: times?.millisecondsOf(node),
  }));
  const weights = { parameters: ownParameters(module), multiplyAdds: 0, activationBytes: 0 };
  return sumOf([weights, ...nodes], times !== null);
}

function multiplyAddsOf(node: GraphNode, { graph }: RecordedGraph): number {
  return node.operator.multiplyAdds?.(operandShapes(graph, node), node.attributes) ?? 0;
}

function ownParameters(module: Module): number {
  return [...module.namedParameters()]
    .filter(([key]) => !key.includes('.'))
    .reduce((sum, [, { size }]) => sum + size, 0);
}

function sumOf(parts: readonly LayerCosts[], timed: boolean): LayerCosts {
  const sum = (value: (part: LayerCosts) => number) =>
    parts.reduce((before, part) => before + value(part), 0);
  const costs = {
    parameters: sum(({ parameters }) => parameters),
    multiplyAdds: sum(({ multiplyAdds }) => multiplyAdds),
    activationBytes: sum(({ activationBytes }) => activationBytes),
  };
  return timed
    ? withTime(
        costs,
        sum(({ milliseconds = 0 }) => milliseconds),
      )
    : costs;
}

function withTime(costs: LayerCosts, milliseconds: number): LayerCosts {
  const gflops =
    milliseconds > 0 && costs.multiplyAdds > 0
      ? (2 * costs.multiplyAdds) / milliseconds / 1e6
      : null;
  return { ...costs, milliseconds, gflops };
}

function torchinfoMultiplyAdds(network: Module, { callsOf }: RecordedGraph): number {
  const layers = [...new Set([...network.namedModules()].map(([, module]) => module))];
  return layers
    .filter((layer) => layer.namedChildren().size === 0)
    .flatMap((layer) =>
      callsOf(layer).map(({ outputShape }) => {
        const [batch, places] = [outputShape.slice(0, -3), outputShape.slice(-2)];
        return ownParameters(layer) * sizeOf(isConvolution(layer) ? [...batch, ...places] : batch);
      }),
    )
    .reduce((sum, count) => sum + count, 0);
}

function isConvolution(module: Module): module is Conv2d | ConvTranspose2d {
  return module instanceof Conv2d || module instanceof ConvTranspose2d;
}
