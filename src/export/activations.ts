import { selectEngine } from '../engine/engines.js';
import { segmentOf } from '../engine/shared/partition.js';
import {
  type Graph,
  type GraphNode,
  operandShapes,
  operandsOf,
  presentOperands,
  readerCounts,
  weightOf,
} from '../graph/graph.js';
import type { Picture } from '../image/picture.js';
import { traceGraph } from '../nn/compile.js';
import type { Module } from '../nn/module.js';
import { concatenate } from '../platform/concatenate.js';
import { utf8Bytes } from '../platform/text.js';
import { checkTensor } from '../tensor/operator.js';
import type { Tensor } from '../tensor/tensor.js';

/** What a node of the network made of an input. */
export interface Activation {
  readonly node: GraphNode;
  /** `[N, C, H, W]`. */
  readonly output: Tensor;
}

/**
 * Runs a network operator by operator and gives each one's output: none is fused into another, so that every value can be
 * looked at, or compared with PyTorch's. Values are let go of when no later operator reads them.
 *
 * ```ts
 * const net = new Sequential(new Conv2d(3, 8, 3), new ReLU());
 * const shapes = new Map<string, Shape>();
 * for await (const { node, output } of activations(net, Tensor.zeros([1, 3, 8, 8]))) {
 *   shapes.set(node.name, output.shape);
 * }
 * [...shapes]; // [['0', [1, 8, 6, 6]], ['1', [1, 8, 6, 6]]]
 * ```
 */
export async function* activations(module: Module, input: Tensor): AsyncGenerator<Activation> {
  checkTensor('activations: input', input);
  const graph = traceGraph(module, input.shape);
  const left = readerCounts(graph);
  const values = new Map<number, Tensor>([[graph.inputs[0].id, input]]);
  const valueAt = (id: number) => values.get(id) ?? weightOf(graph, id);
  for (const node of graph.nodes) {
    const output = await runNode(graph, node, valueAt);
    for (const id of presentOperands(node)) if (--left[id] === 0) values.delete(id);
    values.set(node.id, output);
    yield { node, output };
  }
}

/** Products are left to the fastest engine, as a network of one node; the rest is quick enough in reference loops. */
async function runNode(
  graph: Graph,
  node: GraphNode,
  valueAt: (id: number) => Tensor,
): Promise<Tensor> {
  const { operator, attributes } = node;
  const work = operator.multiplyAdds?.(operandShapes(graph, node), attributes);
  if (work === undefined) return operator.run(operandsOf(node, valueAt), attributes);
  const engine = await selectEngine();
  const { graph: alone, sources } = segmentOf(graph, [node]);
  const program = await engine.compile(alone, {});
  try {
    const [output] = await program.runAll(sources.map(valueAt));
    return output;
  } finally {
    program.dispose();
  }
}

/** A byte that is no text, and `NUMPY`. */
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * A tensor as NumPy's `.npy`, for `numpy.load`.
 *
 * ```ts
 * const bytes = encodeNpy(Tensor.zeros([2, 3])); // a header of 128 bytes, and six numbers
 * bytes.length; // 152
 * ```
 *
 * @see numpy.lib.format
 */
export function encodeNpy(tensor: Tensor): Uint8Array {
  checkTensor('encodeNpy: tensor', tensor);
  const { data, shape } = tensor;
  const sides = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const facts = `{'descr': '<f4', 'fortran_order': False, 'shape': (${sides}), }`;
  // Magic, version and length take ten bytes; the header ends with a line feed, at a multiple of 64.
  const length = Math.ceil((10 + facts.length + 1) / 64) * 64 - 10;
  const header = utf8Bytes(`${facts.padEnd(length - 1)}\n`);
  return concatenate([
    MAGIC,
    [1, 0, length & 255, length >> 8],
    header,
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  ]);
}

/** So many feature maps are shown of a layer, in rows of so many. */
const MAX_MAPS = 64;
const ACROSS = 8;
const GAP = 2;
/** Maps are made no wider than this; smaller ones are shown as they are. */
const WIDEST = 160;

/**
 * Feature maps side by side in grey, each from its smallest value (black) to its largest (white): the first 64 channels of the
 * first picture.
 *
 * ```ts
 * const sheet = featureMaps(Tensor.zeros([1, 16, 32, 32]));
 * [sheet.width, sheet.height]; // [274, 70]
 * ```
 */
export function featureMaps(tensor: Tensor): Picture {
  checkTensor('featureMaps: tensor', tensor);
  const { data, shape } = tensor;
  const [channels, height, width] = shape.slice(-3);
  const step = Math.max(1, Math.ceil(width / WIDEST));
  const [across, down] = [Math.ceil(width / step), Math.ceil(height / step)];
  const maps = Math.min(channels, MAX_MAPS);
  const columns = Math.min(maps, ACROSS);
  const rows = Math.ceil(maps / columns);
  const sheetWidth = columns * (across + GAP) + GAP;
  const sheetHeight = rows * (down + GAP) + GAP;
  const out = new Uint8Array(3 * sheetWidth * sheetHeight).fill(32);
  for (let c = 0; c < maps; c++) {
    const map = data.subarray(c * height * width, (c + 1) * height * width);
    const { low, scale } = range(map);
    const left = GAP + (c % columns) * (across + GAP);
    const top = GAP + Math.floor(c / columns) * (down + GAP);
    for (let y = 0; y < down; y++) {
      for (let x = 0; x < across; x++) {
        const grey = (map[y * step * width + x * step] - low) * scale;
        const at = 3 * ((top + y) * sheetWidth + left + x);
        out.fill(grey, at, at + 3);
      }
    }
  }
  return { width: sheetWidth, height: sheetHeight, data: out };
}

/** To 0 … 255; values that are not finite count for nothing and come out black. */
function range(map: Float32Array): { low: number; scale: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of map) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, scale: high > low ? 255 / (high - low) : 0 };
}
