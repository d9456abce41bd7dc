import type { Graph, GraphNode, Value } from '../../graph/graph.js';
import {
  type NodeReplacement,
  type ReplacedGraph,
  replaceNodes,
} from '../../graph/replaceNodes.js';
import { addOperator } from '../../tensor/add.js';
import { instanceNorm2dOperator } from '../../tensor/instanceNorm2d.js';
import { mulOperator } from '../../tensor/mul.js';
import { reshapeOperator } from '../../tensor/reshape.js';
import { subOperator } from '../../tensor/sub.js';
import { Tensor } from '../../tensor/tensor.js';
import { resolveUpsample, upsampleOperator } from '../../tensor/upsample.js';
import type { GivenStatistics, OwnNorm } from './ownNorms.js';

/** The same network with norms that go by these statistics, as by running ones. */
export function withGivenStatistics(
  graph: Graph,
  norms: readonly OwnNorm[],
  given: readonly GivenStatistics[],
): ReplacedGraph {
  const places = placesOf(norms);
  return replaceNodes(graph, (node, by) => {
    const place = places.get(node.id);
    if (place === undefined) return null;
    const { mean, variance, eps } = given[place];
    const [input, weight, bias] = [by.operand(0) as Value, by.operand(1), by.operand(2)];
    const statistics = [mean, variance].map((data) => by.constant(new Tensor(data, [data.length])));
    return by.apply(instanceNorm2dOperator, [input, weight, bias, statistics[0], statistics[1]], {
      eps,
    });
  });
}

/** Statistics of tiles that lie side by side, row by row. */
export interface StatisticsTable {
  readonly rows: number;
  readonly columns: number;
  readonly tiles: readonly GivenStatistics[];
}

/**
 * The same network with norms that go by statistics of their own for each pixel: means, and factors `1 / √(variance + eps)`, are
 * interpolated between the middles of the tiles around it, and go on beyond the outer ones.
 */
export function withDenseStatistics(
  graph: Graph,
  norms: readonly OwnNorm[],
  tables: readonly StatisticsTable[],
): ReplacedGraph {
  const places = placesOf(norms);
  return replaceNodes(graph, (node, by) => {
    const place = places.get(node.id);
    return place === undefined ? null : denseNorm(node, tables[place], by);
  });
}

function denseNorm(node: GraphNode, table: StatisticsTable, by: NodeReplacement): Value {
  const [, channels, height, width] = node.shape;
  const attributes = resolveUpsample({ size: [height, width], mode: 'bilinear' });
  const spread = (pick: (tile: GivenStatistics, channel: number) => number): Value => {
    const constant = by.constant(tableOf(table, channels, pick));
    return by.apply(upsampleOperator, [constant], attributes);
  };
  const means = spread(({ mean }, c) => mean[c]);
  const factors = spread(({ variance, eps }, c) => 1 / Math.sqrt(variance[c] + eps));
  const centred = by.apply(subOperator, [by.operand(0) as Value, means], {});
  const normed = by.apply(mulOperator, [centred, factors], {});
  const [scale, shift] = [1, 2].map((index) => {
    const operand = by.operand(index);
    const shape = [channels, 1, 1];
    return operand === null ? null : by.apply(reshapeOperator, [operand], { shape });
  });
  const scaled = scale === null ? normed : by.apply(mulOperator, [normed, scale], {});
  return shift === null ? scaled : by.apply(addOperator, [scaled, shift], {});
}

/** `[1, C, rows, columns]` */
function tableOf(
  { rows, columns, tiles }: StatisticsTable,
  channels: number,
  pick: (tile: GivenStatistics, channel: number) => number,
): Tensor {
  const table = Tensor.zeros([1, channels, rows, columns]);
  const count = rows * columns;
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < channels; c++) table.data[c * count + i] = pick(tiles[i], c);
  }
  return table;
}

/** By a node's number, which norm it is. */
function placesOf(norms: readonly OwnNorm[]): Map<number, number> {
  return new Map(norms.map(({ node }, i) => [node.id, i]));
}
