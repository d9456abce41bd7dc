import { type Graph, type GraphNode, isWeight, type Value } from '../../../graph/graph.js';
import { type Shape, sizeOf } from '../../../tensor/shape.js';
import { type FlatRole, flatRole } from './flatValue.js';
import { isPicture, picturesOf } from './pictures.js';

/** A graph of which it is known how its values lie in an engine's memory. */
export interface LaidOutGraph extends Graph {
  /**
   * Of each value, by its number, how many elements are stored if it is flat, and `null` if it is pictures. Fewer than the shape
   * has are one for all, or one for each channel.
   */
  readonly flatSizes: readonly (number | null)[];
}

/** How the value of a node lies in memory: elements of a flat value, or `null` for pictures. */
export type Layout = (graph: LaidOutGraph, node: GraphNode) => number | null;

/** Pictures, whatever the operands are. */
export const pictureLayout: Layout = () => null;

/** All elements in PyTorch's order, whatever the operands are. */
export const flatLayout: Layout = (_, { shape }) => sizeOf(shape);

/** Of an element-wise operator: pictures if an operand is; else as many elements as the largest operand has. */
export const operandsLayout: Layout = (graph, { operands }) => {
  const sizes = operands.map((id) => (id === null ? 1 : graph.flatSizes[id]));
  return sizes.includes(null) ? null : Math.max(...sizes.map((size) => size ?? 1));
};

/** Of a node that no rule takes, which loops compute. */
export const unknownLayout: Layout = (graph, node) => {
  const pictures = node.operands.find((id) => id !== null && graph.flatSizes[id] === null);
  const isPictures =
    pictures !== undefined &&
    pictures !== null &&
    isPicture(node.shape, true) &&
    picturesOf(graph.values[pictures]) === picturesOf(node);
  return isPictures ? null : sizeOf(node.shape);
};

/** Whether the elements of a value lie one after the other. */
export function isFlat({ flatSizes }: LaidOutGraph, id: number): boolean {
  return flatSizes[id] !== null;
}

/** How the elements of a flat value go with those of a shape; `null` where it is not flat, or they go with it in another way. */
export function roleOfFlat(graph: LaidOutGraph, id: number, shape: Shape): FlatRole | null {
  const size = graph.flatSizes[id];
  return size === null ? null : flatRole(size, graph.values[id].shape, shape);
}

/** Whether a flat value goes in or out with all elements of its shape, and not as a picture for each of a batch. */
export function isWhole({ values, flatSizes }: LaidOutGraph, id: number): boolean {
  const { shape } = values[id];
  return flatSizes[id] === sizeOf(shape) || (flatSizes[id] !== null && !isPicture(shape, true));
}

/** Whether a value can be read as pictures: as what it is, or by itself, laid out anew. */
export function isReadableAsPictures(graph: LaidOutGraph, id: number, vectors: boolean): boolean {
  const value = graph.values[id];
  if (!isPicture(value.shape, vectors)) return false;
  return !isFlat(graph, id) || picturesOf(value) === 1;
}

/** Whether all elements of a value can be read one after the other: as they are, or those of one picture, laid out anew. */
export function isReadableFlat(graph: LaidOutGraph, id: number): boolean {
  const value = graph.values[id];
  if (isFlat(graph, id)) return graph.flatSizes[id] === sizeOf(value.shape);
  return picturesOf(value) === 1;
}

/** Whether a value is of one picture, or of none. */
export function isOfOnePicture(graph: LaidOutGraph, id: number): boolean {
  return isFlat(graph, id) || picturesOf(graph.values[id]) === 1;
}

/** What leaves of a graph are: weights, and inputs that are no pictures, are flat. */
export function leafSize(graph: Graph, value: Value): number | null {
  const leaf = graph.values[value.id];
  const isGivenFlat =
    leaf.kind === 'input' && (leaf.isFlat === true || !isPicture(leaf.shape, true));
  return isWeight(graph, value.id) || isGivenFlat ? sizeOf(value.shape) : null;
}

/** Pictures that a run takes at once: of the first input that is pictures. */
export function batchOf(graph: LaidOutGraph): number {
  const first = graph.inputs.find(({ id }) => !isFlat(graph, id));
  return first === undefined ? 1 : picturesOf(first);
}
