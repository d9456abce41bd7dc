import {
  type Graph,
  type GraphNode,
  isNode,
  isWeight,
  type Leaf,
  weightOf,
} from '../graph/graph.js';
import { addOperator } from '../tensor/add.js';
import { clampOperator } from '../tensor/clamp.js';
import { divOperator } from '../tensor/div.js';
import { mulOperator } from '../tensor/mul.js';
import { subOperator } from '../tensor/sub.js';
import type { ValueRange } from './family.js';

/** Operators that move elements, and change none. */
const MOVING = new Set([
  'pad',
  'reflectionPad2d',
  'narrow',
  'reshape',
  'upsample',
  'pixelShuffle',
  'expand',
]);

/** `factor · x + shift`. */
interface Line {
  readonly factor: number;
  readonly shift: number;
}

/** What pictures are given in. */
const USUAL: readonly ValueRange[] = [
  [-1, 1],
  [0, 1],
  [0, 255],
];

/** What a network's last operators keep its output within, where that is usual for pictures; `null` where they do not tell. */
export function outputRangeOf(graph: Graph): ValueRange | null {
  const range = rangeOf(graph, graph.outputs[0]);
  return USUAL.find(([low, high]) => low === range?.[0] && high === range?.[1]) ?? null;
}

function rangeOf(graph: Graph, id: number): ValueRange | null {
  const value = graph.values[id];
  if (value.kind !== 'node') return null;
  if (value.op === 'tanh') return [-1, 1];
  if (value.op === 'sigmoid' || value.op === 'softmax') return [0, 1];
  if (isNode(value, clampOperator)) {
    const { min, max } = value.attributes;
    return Number.isFinite(max - min) && min < max ? [min, max] : null;
  }
  const line = lineOf(graph, value);
  const next = MOVING.has(value.op) ? { factor: 1, shift: 0 } : line?.line;
  const from = MOVING.has(value.op) ? value.operands[0] : line?.of;
  if (next === undefined || from === null || from === undefined) return null;
  const range = rangeOf(graph, from);
  if (range === null) return null;
  const [a, b] = range.map((end) => rounded(next.factor * end + next.shift));
  return a < b ? [a, b] : b < a ? [b, a] : null;
}

/** Of float32, a little more or less than what was meant. */
function rounded(value: number): number {
  const near = Math.round(value * 1000) / 1000;
  return Math.abs(near - value) < 1e-4 * Math.max(1, Math.abs(value)) ? near : value;
}

/** What a scalar, or scalars, make of a value; `null` for anything else. */
function lineOf(graph: Graph, node: GraphNode): { line: Line; of: number } | null {
  const [a, b] = node.operands;
  if (a === null || b === null || a === undefined || b === undefined) return null;
  const [left, right] = [scalarOf(graph, a), scalarOf(graph, b)];
  const known = left ?? right;
  if (known === null || (left !== null && right !== null)) return null;
  const of = left === null ? a : b;
  const made = (factor: number, shift: number) => ({ line: { factor, shift }, of });
  const op = node as Leaf | GraphNode;
  if (isNode(op, addOperator)) return made(1, known);
  if (isNode(op, mulOperator)) return made(known, 0);
  if (isNode(op, subOperator)) return left === null ? made(1, -known) : made(-1, known);
  if (isNode(op, divOperator) && left === null) return made(1 / known, 0);
  return null;
}

function scalarOf(graph: Graph, id: number): number | null {
  if (!isWeight(graph, id)) return null;
  const tensor = weightOf(graph, id);
  return tensor.size === 1 ? tensor.data[0] : null;
}

/** Means of photographs' bytes lie between; networks that were trained on such take them off first. */
const MEANS = { least: 90, most: 140 };

const INPUTS: readonly ValueRange[] = [
  [0, 255],
  [0, 1],
];

/**
 * What a network scales its input from, before anything else: one that divides by 127.5 and takes 1 off is given bytes.
 * `null` where it does not tell.
 */
export function inputRangeOf(graph: Graph): ValueRange | null {
  let id = graph.inputs[0]?.id ?? -1;
  let [factor, shift] = [1, 0];
  if (takesMeansOff(graph)) return [0, 255];
  for (;;) {
    const readers = graph.nodes.filter(({ operands }) => operands.includes(id));
    const line = readers.length === 1 ? lineOf(graph, readers[0]) : null;
    if (line === null) break;
    factor *= line.line.factor;
    shift = shift * line.line.factor + line.line.shift;
    id = readers[0].id;
  }
  if (factor === 1 && shift === 0) return null;
  const isUsual = ([low, high]: ValueRange) => {
    const ends = [rounded(factor * low + shift), rounded(factor * high + shift)];
    return Math.abs(ends[1] - 1) < 0.01 && [-1, 0].some((end) => Math.abs(ends[0] - end) < 0.01);
  };
  return INPUTS.find(isUsual) ?? null;
}

/** Whether the mean of each channel, as bytes have it, is taken off the input. */
function takesMeansOff(graph: Graph): boolean {
  let id = graph.inputs[0]?.id ?? -1;
  for (let i = 0; i < 2; i++) {
    const readers = graph.nodes.filter(({ operands }) => operands.includes(id));
    if (readers.length !== 1) return false;
    const [{ op, operands }] = readers;
    const other = operands.find((operand) => operand !== id) ?? null;
    if (other === null || !isWeight(graph, other)) return false;
    const tensor = weightOf(graph, other);
    const isMean = tensor.size === 3 && ['add', 'sub'].includes(op);
    if (isMean)
      return tensor.data.every(
        (mean) => Math.abs(mean) > MEANS.least && Math.abs(mean) < MEANS.most,
      );
    id = readers[0].id;
  }
  return false;
}
