import type { Graph, GraphNode, Leaf } from '../../graph/graph.js';
import { isNode } from '../../graph/graph.js';
import {
  type ExportedNode,
  type ExportedProgram,
  isName,
} from '../../pth/exported/exportedProgram.js';
import { avgPool2dOperator } from '../../tensor/avgPool2d.js';
import { linearOperator } from '../../tensor/linear.js';
import { maxPool2dOperator } from '../../tensor/maxPool2d.js';
import { operatorOf } from './operatorOf.js';

/** Whether numbers of the program may be those of the size that it was exported for. */
export function dependsOnSize(program: ExportedProgram): boolean {
  return program.nodes.some(hasSizes) || scalesSums(program);
}

const CUTS = ['slice', 'select', 'narrow', 'split', 'split_with_sizes', 'chunk'];
const OF_SHAPES = [
  ...['view', 'reshape', '_unsafe_view', 'expand'],
  ...['layer_norm', 'native_layer_norm', 'arange'],
];

function hasSizes({ target, arguments: given }: ExportedNode): boolean {
  const { name } = operatorOf(target);
  if (name.includes('upsample')) return Array.isArray(given.get('output_size'));
  if (CUTS.includes(name)) return (given.get('dim') ?? 0) !== 1;
  return OF_SHAPES.includes(name);
}

/** What a sum is still one after. */
const SAME_SUM = ['unsqueeze', 'squeeze', 'permute', 't', 'flatten', 'clone', 'to', 'contiguous'];

/** Whether a sum of pixels is multiplied or divided by a number, which may be how many pixels there are: a mean by another spelling. */
function scalesSums({ nodes, tensors }: ExportedProgram): boolean {
  const called = nodes.map((node) => ({ node, name: operatorOf(node.target).name }));
  const isFlattened = called.some(({ name }) => name === 'flatten');
  const sums = new Set<string>();
  for (const { node, name } of called) {
    const [self, other] = ['self', 'other'].map((key) => node.arguments.get(key));
    const isSum = isName(self) && sums.has(self.name);
    const isNumber =
      typeof other === 'number' || (isName(other) && tensors.get(other.name)?.kind === 'constant');
    if (isSum && isNumber && ['mul', 'div'].includes(name)) return true;
    const isPixels = name === 'sum' && (isFlattened || !isOfChannels(node));
    if (isPixels || (isSum && SAME_SUM.includes(name))) {
      for (const output of node.outputs) sums.add(output);
    }
  }
  return false;
}

/** Whether a sum of `[N, C, H, W]` is over channels alone, of which a network has as many at any size. */
function isOfChannels({ arguments: given }: ExportedNode): boolean {
  const dim = given.get('dim') ?? null;
  const dims: readonly unknown[] = Array.isArray(dim) ? dim : [dim];
  return dims.length > 0 && dims.every((one) => one === 1 || one === -3);
}

/**
 * Whether a graph, at the size that its program was exported for, has what tells of that size: a window that is as large as what it is
 * laid over, or a product by as many weights as there are pixels.
 */
export function isOfItsSize({ values, nodes }: Graph): boolean {
  return nodes.some((node) => {
    if (isNode(node, linearOperator)) return isOfPixels(node, values);
    if (!isNode(node, avgPool2dOperator) && !isNode(node, maxPool2dOperator)) return false;
    const sides = values[node.operands[0] ?? 0].shape.slice(2);
    return node.attributes.kernelSize.some((side, axis) => side > 1 && side >= sides[axis]);
  });
}

/** Whether rows of a product were pixels of pictures, side by side. */
function isOfPixels(product: GraphNode, values: readonly (Leaf | GraphNode)[]): boolean {
  let value: Leaf | GraphNode = product;
  while (value.kind === 'node' && value.operands[0] !== null) {
    value = values[value.operands[0]];
    if (value.shape.length === 4) return value.shape[2] * value.shape[3] > 1;
  }
  return false;
}
