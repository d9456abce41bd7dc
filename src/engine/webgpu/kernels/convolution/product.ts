import type { MadeBuffer, WeightBuffer } from '../../plan/buffers.js';
import { loadBlock, loadVector } from '../../shader/access.js';
import { type Binding, type Extension, type KernelText, repeat } from '../../shader/wgsl.js';
import {
  addMatrices,
  declareMatrices,
  handOver,
  matrixPixels,
  matrixProduct,
} from './subgroupMatrices.js';
import { pixelsOf, STAGE, type Tile, vectorsAcross } from './tile.js';

/** The right side of a product: `[input vector][output vector]` of 4×4 blocks, whose columns are input channels. */
export interface Weights {
  readonly buffer: WeightBuffer | MadeBuffer;
  /** Vectors of input and of output channels. */
  readonly inputs: number;
  readonly outputs: number;
}

/**
 * What a product's kernel is made of. Its threads know their place in the tile by `column` and `row`; the pixels whose vectors they read go
 * by names (`heldPixels`), which the kernel places before the product.
 *
 *     plain    a thread reads the vectors of its pixels and the blocks of its outputs
 *     staged   a workgroup reads `STAGE` vectors of all its pixels, and the blocks for them, into its memory, each once, for all threads
 *     quads    of each block, a thread reads one column, and has the others from the three next to it in its subgroup
 *     matrices a workgroup reads both into its memory, where its subgroups multiply matrices (`subgroupMatrices.ts`)
 */
export interface Product {
  readonly bindings: readonly Binding[];
  readonly declarations: readonly string[];
  readonly frame: Pick<KernelText, 'workgroupSize' | 'extension'>;
  /** Declares `row` and `column`. */
  readonly prologue: string;
}

/** The thread's place in its subgroup. */
const LANE: Extension = {
  names: ['subgroups'],
  input: '@builtin(subgroup_invocation_id) lane: u32',
};

export function productOf(tile: Tile, { buffer }: Weights): Product {
  const { across, down, reading, matrices } = tile;
  if (matrices !== undefined) return matrixProduct(tile, matrices, { buffer });
  if (reading === 'quads') {
    // The four threads of a quad are neighbours along x, and have the same outputs.
    return {
      bindings: [{ name: 'weights', element: 'vec4f', buffer }],
      declarations: [],
      frame: { workgroupSize: [down, across], extension: LANE },
      prologue: '  let row = local.x;\n  let column = local.y;',
    };
  }
  const staged = [
    `var<workgroup> held: array<vec4f, ${STAGE * pixelsOf(tile)}>;`,
    `var<workgroup> blocks: array<vec4f, ${STAGE * 4 * vectorsAcross(tile)}>;`,
  ];
  return {
    bindings: [{ name: 'weights', element: 'mat4x4f', buffer }],
    declarations: reading === 'staged' ? staged : [],
    frame: { workgroupSize: [across, down] },
    prologue: '  let column = local.x;\n  let row = local.y;',
  };
}

/** The pixels that a thread reads: a name for each, and its index in the tile. */
export function heldPixels(tile: Tile): { readonly name: string; readonly index: string }[] {
  if (tile.matrices !== undefined) return matrixPixels(tile);
  if (tile.reading === 'staged') {
    return [{ name: 'held', index: `(row * ${tile.across}u + column) % ${pixelsOf(tile)}u` }];
  }
  return ownPixels(tile);
}

/** The pixels that a thread has sums of. */
export function ownPixels({ pixels, down }: Tile) {
  return Array.from({ length: pixels }, (_, p) => ({
    name: `${p}`,
    index: `row + ${p * down}u`,
  }));
}

/** `channel_VECTOR`, the vectors of output channels that a thread has sums of. */
export function declareChannels(tile: Tile): string {
  const { vectors, across } = tile;
  return repeat(
    vectors,
    (v) => `  let channel_${v} = group.y * ${vectorsAcross(tile)}u + column + ${v * across}u;`,
  );
}

/** `sum_PIXEL_VECTOR`, all zero. */
export function declareSums({ pixels, vectors, matrices }: Tile): string {
  const sums = repeat(pixels, (p) => repeat(vectors, (v) => `  var sum_${p}_${v} = vec4f(0);`));
  return matrices === undefined ? sums : `${sums}\n${declareMatrices(matrices)}`;
}

/** What lies between the last product and the first use of the sums. */
export function finishSums(tile: Tile): string {
  return tile.matrices === undefined ? '' : handOver(tile, tile.matrices);
}

/**
 * Adds a product of all input channels to the sums.
 * @param block The first of its blocks, a `u32`.
 * @param left Vector `ic` of a held pixel.
 */
export function addProduct(
  tile: Tile,
  weights: Weights,
  block: string,
  left: (pixel: string, ic: string) => string,
): string {
  if (tile.matrices !== undefined) return addMatrices(tile, tile.matrices, weights, block, left);
  if (tile.reading === 'staged') return addStaged(tile, weights, block, left);
  const { buffer, inputs, outputs } = weights;
  return `  for (var ic = 0u; ic < ${inputs}u; ic++) {
    let at = ${block} + ic * ${outputs}u;
${repeat(tile.pixels, (p) => `    let a_${p} = ${left(`${p}`, 'ic')};`)}
${repeat(tile.vectors, (v) =>
  tile.reading === 'quads'
    ? quadBlock(buffer, v)
    : `    let w_${v} = ${loadBlock(buffer, 'weights', `at + channel_${v}`)};`,
)}
${multiply(tile)}
  }`;
}

function multiply({ pixels, vectors }: Tile): string {
  return repeat(vectors, (v) => repeat(pixels, (p) => `    sum_${p}_${v} += w_${v} * a_${p};`));
}

function quadBlock(buffer: Weights['buffer'], v: number): string {
  const column = (k: number) => `quadBroadcast(column_${v}, ${k}u)`;
  return `    let column_${v} = ${loadVector(buffer, 'weights', `4 * (at + channel_${v}) + lane % 4`)};
    let w_${v} = mat4x4f(${[0, 1, 2, 3].map(column).join(', ')});`;
}

function addStaged(
  tile: Tile,
  { buffer, inputs, outputs }: Weights,
  block: string,
  left: (pixel: string, ic: string) => string,
): string {
  const threads = tile.across * tile.down;
  const [pixels, vectors] = [pixelsOf(tile), vectorsAcross(tile)];
  const zero = 'mat4x4f(vec4f(0), vec4f(0), vec4f(0), vec4f(0))';
  return `  for (var first = 0u; first < ${inputs}u; first += ${STAGE}u) {
    let thread = row * ${tile.across}u + column;
    workgroupBarrier();
    for (var k = thread / ${pixels}u; k < ${STAGE}u; k += ${threads / pixels}u) {
      var v = vec4f(0);
      if (first + k < ${inputs}u) { v = ${left('held', 'first + k')}; }
      held[k * ${pixels}u + thread % ${pixels}u] = v;
    }
    for (var i = thread; i < ${STAGE * vectors}u; i += ${threads}u) {
      let k = i / ${vectors}u;
      let channel = group.y * ${vectors}u + i % ${vectors}u;
      var w = ${zero};
      if (first + k < ${inputs}u && channel < ${outputs}u) {
        w = ${loadBlock(buffer, 'weights', `${block} + (first + k) * ${outputs}u + channel`)};
      }
${repeat(4, (c) => `      blocks[(k * 4 + ${c}) * ${vectors}u + i % ${vectors}u] = w[${c}];`)}
    }
    workgroupBarrier();
    for (var k = 0u; k < ${STAGE}u; k++) {
${repeat(tile.pixels, (p) => `    let a_${p} = held[k * ${pixels}u + row + ${p * tile.down}u];`)}
${repeat(tile.vectors, (v) => `    let w_${v} = mat4x4f(${[0, 1, 2, 3].map((c) => `blocks[(k * 4 + ${c}) * ${vectors}u + column + ${v * tile.across}u]`).join(', ')});`)}
${multiply(tile)}
    }
  }`;
}
