import { kernelShape } from '../../../shared/convolutionKernel.js';
import type { ConvolutionStep } from '../../../shared/fuse/steps.js';
import type { ArenaBuffer, MadeBuffer, WeightBuffer } from '../../plan/buffers.js';
import { type Source, vectorsOf } from '../../plan/source.js';
import { loadVector, storeBlock, storeVector } from '../../shader/access.js';
import { sourceReader } from '../../shader/sourceReader.js';
import { type Kernel, kernel, mapKernel, repeat, scaled, sumOf } from '../../shader/wgsl.js';
import { masked, type Target } from '../maps.js';
import {
  addProduct,
  declareChannels,
  declareSums,
  finishSums,
  heldPixels,
  ownPixels,
  productOf,
} from './product.js';
import { leavePart, partMemory } from './storedParts.js';
import { gridOf, pixelsOf, type Tile } from './tile.js';
import type { WinogradMatrices } from './winogradMatrices.js';

/**
 * Winograd convolutions of 3×3 taps and stride 1 in four kernels, with tiles of `outputs × outputs` pixels and
 * n = outputs + 2 elements a side:
 *
 *     U = G g Gᵀ           once for the weights         [n²][input vector][output vector] of 4×4 blocks
 *     V = Bᵀ d B           of each tile of the input    [n²][tile][input vector]
 *     M = V · U            n² matrix products           [n²][tile][output vector]
 *     Y = Aᵀ M A           of each tile of the output
 *
 * @see Lavin and Gray, arXiv:1509.09308
 */
export interface WinogradPlan {
  readonly matrices: WinogradMatrices;
  readonly tileRows: number;
  readonly tileColumns: number;
  readonly tiles: number;
  /** How the output transform's workgroups are cut: threads over vectors, and over tiles. */
  readonly outputTile: Pick<Tile, 'across' | 'down'>;
  /** Parts of statistics that the output transform leaves. */
  readonly parts: number;
}

const THREADS = 64;

export function planWinograd(to: Omit<Target, 'buffer'>, matrices: WinogradMatrices): WinogradPlan {
  const tileRows = Math.ceil(to.height / matrices.outputs);
  const tileColumns = Math.ceil(to.width / matrices.outputs);
  const tiles = tileRows * tileColumns;
  const across = [1, 2, 4, 8].find((count) => count >= vectorsOf(to.channels)) ?? 8;
  const outputTile = { across, down: THREADS / across };
  const parts = Math.ceil(tiles / outputTile.down);
  return { matrices, tileRows, tileColumns, tiles, outputTile, parts };
}

/** Elements of U, V and M. @param inputs Vectors of input channels. @param outputs Of output channels. */
export function winogradElements(
  { tiles, matrices }: WinogradPlan,
  inputs: number,
  outputs: number,
) {
  const products = matrices.elements ** 2;
  return {
    u: products * inputs * outputs * 16,
    v: products * tiles * inputs * 4,
    m: products * tiles * outputs * 4,
  };
}

/** U of the weights as `packedWeights` has them: one thread for each block. */
export function weightTransformKernel(
  step: ConvolutionStep,
  { matrices }: WinogradPlan,
  weights: WeightBuffer,
  to: MadeBuffer,
): Kernel {
  const { inChannels, outChannels } = kernelShape(step);
  const blocks = vectorsOf(inChannels) * vectorsOf(outChannels);
  const { g, elements } = matrices;
  const zero = 'mat4x4f(vec4f(0), vec4f(0), vec4f(0), vec4f(0))';
  const line = (row: readonly number[], names: (k: number) => string) => {
    const terms = row.flatMap((factor, k) => scaled(factor, names(k)) ?? []);
    return terms.length === 0 ? zero : terms.join(' + ');
  };
  return mapKernel(blocks, {
    label: `transform of ${inChannels} to ${outChannels} kernels`,
    bindings: [
      { name: 'weights', element: 'mat4x4f', buffer: weights },
      { name: 'transformed', element: 'mat4x4f', buffer: to },
    ],
    body: `${repeat(9, (tap) => `  let g_${Math.floor(tap / 3)}_${tap % 3} = weights[index + ${tap * blocks}u];`)}
${repeat(elements, (i) => repeat(3, (x) => `  let t_${i}_${x} = ${line(g[i], (k) => `g_${k}_${x}`)};`))}
${repeat(elements, (i) =>
  repeat(
    elements,
    (j) =>
      `  ${storeBlock(
        to,
        'transformed',
        `index + ${(i * elements + j) * blocks}u`,
        line(g[j], (k) => `t_${i}_${k}`),
      )}`,
  ),
)}`,
  });
}

/** V: one thread for each vector of a tile, which reads with border and all that is pending. */
export function inputTransformKernel(
  step: ConvolutionStep,
  source: Source,
  { matrices, tiles, tileColumns }: WinogradPlan,
  to: ArenaBuffer,
): Kernel {
  const { elements, outputs, bT } = matrices;
  const { vectors } = source;
  const reader = sourceReader('source', source);
  const [top, left] = [step.rows[0], step.cols[0]].map(({ taps }) =>
    Math.min(...taps.map(({ offset }) => offset)),
  );
  const pixel = (i: number, j: number) => `sourceAt(sourcePixel(y + ${i}, x + ${j}), c)`;
  return mapKernel(tiles * vectors, {
    label: `transform of ${tiles} tiles of ${source.channels} channels`,
    bindings: [...reader.bindings, { name: 'transformed', element: 'vec4f', buffer: to }],
    declarations: reader.declarations,
    body: `  let c = index % ${vectors}u;
  let tile = index / ${vectors}u;
  let y = i32(tile / ${tileColumns}u) * ${outputs} + ${top};
  let x = i32(tile % ${tileColumns}u) * ${outputs} + ${left};
${repeat(
  elements,
  (j) => `${repeat(elements, (i) => `  let d_${i}_${j} = ${pixel(i, j)};`)}
${repeat(elements, (i) => `  let t_${i}_${j} = ${line(bT[i], (k) => `d_${k}_${j}`)};`)}`,
)}
${repeat(elements, (i) =>
  repeat(
    elements,
    (j) =>
      `  ${storeVector(
        to,
        'transformed',
        `index + ${(i * elements + j) * tiles * vectors}u`,
        line(bT[j], (k) => `t_${i}_${k}`),
      )}`,
  ),
)}`,
  });
}

function line(row: readonly number[], name: (k: number) => string): string {
  return sumOf(row.map((factor, k) => scaled(factor, name(k))));
}

/** M: n² matrix products [tiles][inputs] × [inputs][outputs], each a layer of the grid. */
export function productsKernel(
  inVectors: number,
  outVectors: number,
  { tiles, matrices }: WinogradPlan,
  v: ArenaBuffer,
  u: MadeBuffer,
  to: ArenaBuffer,
  tile: Tile,
): Kernel {
  const products = matrices.elements ** 2;
  const right = { buffer: u, inputs: inVectors, outputs: outVectors };
  const product = productOf(tile, right);
  const grid = gridOf(tile, tiles, outVectors, products);
  return kernel({
    label: `${products} products of ${tiles} x ${4 * inVectors} x ${4 * outVectors}`,
    bindings: [
      { name: 'inputs', element: 'vec4f', buffer: v },
      ...product.bindings,
      { name: 'target_', element: 'vec4f', buffer: to },
    ],
    declarations: product.declarations,
    ...product.frame,
    workgroups: grid.workgroups,
    body: `${product.prologue}
  let product = group.z / ${grid.layers}u;
  let tileIndex = (group.z % ${grid.layers}u) * ${grid.x}u + group.x;
${declareChannels(tile)}
${ownPixels(tile)
  .map(({ name, index }) => `  let index_${name} = tileIndex * ${pixelsOf(tile)}u + ${index};`)
  .join('\n')}
${heldPixels(tile)
  .map(
    ({ name, index }) =>
      `  let from_${name} = (product * ${tiles}u + min(tileIndex * ${pixelsOf(tile)}u + ${index}, ${tiles - 1}u)) * ${inVectors}u;`,
  )
  .join('\n')}
${declareSums(tile)}
  let block = product * ${inVectors * outVectors}u;
${addProduct(tile, right, 'block', (pixel, ic) => loadVector(v, 'inputs', `from_${pixel} + ${ic}`))}
${finishSums(tile)}
${repeat(tile.vectors, (v_) =>
  repeat(
    tile.pixels,
    (p) => `  if (index_${p} < ${tiles}u && channel_${v_} < ${outVectors}u) {
    ${storeVector(to, 'target_', `(product * ${tiles}u + index_${p}) * ${outVectors}u + channel_${v_}`, `sum_${p}_${v_}`)}
  }`,
  ),
)}`,
  });
}

/** Y, with bias and, if a norm asks for them, parts of its statistics. */
export function outputTransformKernel(
  { matrices, tiles, tileColumns, outputTile }: WinogradPlan,
  m: ArenaBuffer,
  bias: WeightBuffer | null,
  to: Target,
  parts: ArenaBuffer | null,
): Kernel {
  const { elements, outputs, aT } = matrices;
  const vectors = vectorsOf(to.channels);
  const { across, down } = outputTile;
  const places = placesOf(outputs);
  return kernel({
    label: `transform of ${tiles} tiles to ${to.channels} channels`,
    bindings: [
      { name: 'products', element: 'vec4f', buffer: m },
      ...(bias === null ? [] : [{ name: 'bias', element: 'vec4f', buffer: bias } as const]),
      { name: 'target_', element: 'vec4f', buffer: to.buffer },
      ...(parts === null ? [] : [{ name: 'parts', element: 'vec4f', buffer: parts } as const]),
    ],
    declarations: parts === null ? [] : partMemory(outputTile),
    workgroupSize: [across, down],
    workgroups: [Math.ceil(tiles / down), Math.ceil(vectors / across), 1],
    body: `  let column = local.x;
  let row = local.y;
  let channel = group.y * ${across}u + column;
  let c = min(channel, ${vectors - 1}u);
  let own = group.x * ${down}u + row;
  let tile = min(own, ${tiles - 1}u);
  let isInside = channel < ${vectors}u && own < ${tiles}u;
  let top = tile / ${tileColumns}u * ${outputs}u;
  let left = tile % ${tileColumns}u * ${outputs}u;
  let at = tile * ${vectors}u + c;
${repeat(
  elements,
  (
    j,
  ) => `${repeat(elements, (i) => `  let m_${i}_${j} = ${loadVector(m, 'products', `at + ${(i * elements + j) * tiles * vectors}u`)};`)}
${repeat(outputs, (i) => `  let t_${i}_${j} = ${line(aT[i], (k) => `m_${k}_${j}`)};`)}`,
)}
${places
  .map(([i, j]) => {
    const value = `${line(aT[j], (k) => `t_${i}_${k}`)}${bias === null ? '' : ' + bias[c]'}`;
    return `  let y_${i}_${j} = ${masked(`(${value})`, to.channels)};
  let inside_${i}_${j} = isInside && top + ${i} < ${to.height}u && left + ${j} < ${to.width}u;
  if (inside_${i}_${j}) { ${storeVector(to.buffer, 'target_', `((top + ${i}) * ${to.width}u + left + ${j}) * ${vectors}u + c`, `y_${i}_${j}`)} }`;
  })
  .join('\n')}
${
  parts === null
    ? ''
    : leavePart(
        outputTile,
        to.channels,
        'channel',
        places.map(([i, j]) => ({ value: `y_${i}_${j}`, isInside: `inside_${i}_${j}` })),
        'group.x',
      )
}`,
  });
}

/** Row and column of each output of a tile. */
function placesOf(outputs: number): (readonly [number, number])[] {
  return Array.from({ length: outputs ** 2 }, (_, n) => [Math.floor(n / outputs), n % outputs]);
}
