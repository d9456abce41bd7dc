import { loadBlock } from '../../shader/access.js';
import { type Extension, repeat } from '../../shader/wgsl.js';
import { depthOf, type MatrixTile, stripeOf, VECTOR } from './matrixTile.js';
import type { Product, Weights } from './product.js';
import { pixelsOf, type Tile, vectorsAcross } from './tile.js';

/** Channels of a workgroup's sums. */
function channelsOf(tile: Tile): number {
  return VECTOR * vectorsAcross(tile);
}

/**
 * Bodies read the subgroup's place in the workgroup. What is uniform in a subgroup, as that is, need not be so in the workgroup, which is
 * all that is checked.
 */
const MATRICES: Extension = {
  names: ['subgroups', 'chromium_experimental_subgroup_matrix'],
  directive: 'diagnostic(off, chromium.subgroup_matrix_uniformity);\n',
  input: '@builtin(subgroup_id) subgroup: u32',
};

/** Its threads are numbered along x, as subgroups are made of them. */
export function matrixProduct(
  tile: Tile,
  matrices: MatrixTile,
  { buffer }: Pick<Weights, 'buffer'>,
): Product {
  const { m, n, k, factors, subgroups } = matrices;
  const [depth, channels] = [depthOf(matrices), channelsOf(tile)];
  return {
    bindings: [{ name: 'weights', element: 'mat4x4f', buffer }],
    declarations: [
      `alias Left = subgroup_matrix_left<${factors}, ${k}, ${m}>;`,
      `alias Right = subgroup_matrix_right<${factors}, ${n}, ${k}>;`,
      `alias Sums = subgroup_matrix_result<f32, ${n}, ${m}>;`,
      `var<workgroup> lefts: array<${factors}, ${pixelsOf(tile) * depth}>;`,
      `var<workgroup> rights: array<${factors}, ${depth * channels}>;`,
      `var<workgroup> sums: array<f32, ${stripeOf(matrices) * channels}>;`,
    ],
    frame: { workgroupSize: [tile.across * tile.down, 1], extension: MATRICES },
    prologue: `  let thread = local.x;
  let column = thread % ${tile.across}u;
  let row = thread / ${tile.across}u;
  let subgroupColumn = subgroup % ${subgroups.across}u;
  let subgroupRow = subgroup / ${subgroups.across}u;`,
  };
}

/** The pixels whose vectors a thread brings into the workgroup's memory. */
export function matrixPixels(tile: Tile) {
  const [threads, pixels] = [tile.across * tile.down, pixelsOf(tile)];
  return Array.from({ length: Math.ceil(pixels / threads) }, (_, i) => ({
    name: `held_${i}`,
    index: `(thread + ${i * threads}u) % ${pixels}u`,
  }));
}

/** `matrix_ROW_COLUMN`, all zero. */
export function declareMatrices({ each }: MatrixTile): string {
  return repeat(each.down, (i) => repeat(each.across, (j) => `  var matrix_${i}_${j} = Sums();`));
}

/** Adds a product of all input channels to the matrices. */
export function addMatrices(
  tile: Tile,
  matrices: MatrixTile,
  { buffer, inputs, outputs }: Weights,
  block: string,
  left: (pixel: string, ic: string) => string,
): string {
  const { factors } = matrices;
  const depth = depthOf(matrices);
  const [pixels, vectors, channels] = [pixelsOf(tile), vectorsAcross(tile), channelsOf(tile)];
  const threads = tile.across * tile.down;
  const held = depth / VECTOR;
  const zero = 'mat4x4f(vec4f(0), vec4f(0), vec4f(0), vec4f(0))';
  const store = (to: string, from: string) =>
    repeat(VECTOR, (n) => `      ${to} + ${n}u] = ${factors}(${from}[${n}]);`);
  return `  for (var first = 0u; first < ${inputs}u; first += ${held}u) {
    workgroupBarrier();
    for (var k = thread / ${pixels}u; k < ${held}u; k += ${Math.max(1, threads / pixels)}u) {
${matrixPixels(tile)
  .map(
    ({ name, index }) => `      var v_${name} = vec4f(0);
      if (first + k < ${inputs}u) { v_${name} = ${left(name, 'first + k')}; }
      let at_${name} = (${index}) * ${depth}u + 4 * k;
${store(`lefts[at_${name}`, `v_${name}`)}`,
  )
  .join('\n')}
    }
    for (var i = thread; i < ${held * vectors}u; i += ${threads}u) {
      let k = i / ${vectors}u;
      let channel = group.y * ${vectors}u + i % ${vectors}u;
      var w = ${zero};
      if (first + k < ${inputs}u && channel < ${outputs}u) {
        w = ${loadBlock(buffer, 'weights', `${block} + (first + k) * ${outputs}u + channel`)};
      }
      let at = 4 * (k * ${channels}u + i % ${vectors}u);
${repeat(VECTOR, (c) => store(`rights[at + ${c * channels}u`, `w[${c}]`))}
    }
    workgroupBarrier();
${multiply(tile, matrices)}
  }`;
}

/** A subgroup that is smaller than it may be leaves more of them than there is work for. */
function ifAtWork({ subgroups }: MatrixTile, text: string): string {
  return `    if (subgroup < ${subgroups.across * subgroups.down}u) {
${text}
    }`;
}

function multiply(tile: Tile, matrices: MatrixTile): string {
  const { m, n, k, subgroups, each } = matrices;
  const [depth, channels] = [depthOf(matrices), channelsOf(tile)];
  const row = (i: number) => `(subgroupRow + ${i * subgroups.down}u) * ${m * depth}u`;
  const column = (j: number) => `(subgroupColumn + ${j * subgroups.across}u) * ${n}u`;
  return ifAtWork(
    matrices,
    `      for (var k = 0u; k < ${depth}u; k += ${k}u) {
${repeat(each.down, (i) => `        let left_${i} = subgroupMatrixLoad<Left, row_major>(&lefts, ${row(i)} + k, ${depth}u);`)}
${repeat(each.across, (j) => `        let right_${j} = subgroupMatrixLoad<Right, row_major>(&rights, k * ${channels}u + ${column(j)}, ${channels}u);`)}
${repeat(each.down, (i) =>
  repeat(
    each.across,
    (j) =>
      `        matrix_${i}_${j} = subgroupMatrixMultiplyAccumulate(left_${i}, right_${j}, matrix_${i}_${j});`,
  ),
)}
      }`,
  );
}

/** Makes the sums of threads of those of subgroups, through the workgroup's memory, some rows at a time. */
export function handOver(tile: Tile, matrices: MatrixTile): string {
  const { m, n, subgroups, each } = matrices;
  const channels = channelsOf(tile);
  const perStripe = tile.pixels / each.down;
  const sums = (p: number) => {
    const at = `(row + ${(p % perStripe) * tile.down}u) * ${channels}u + 4 * column`;
    const parts = Array.from({ length: VECTOR }, (_, c) => `sums[${at} + ${c}u]`);
    return `    sum_${p}_0 = vec4f(${parts.join(', ')});`;
  };
  return repeat(
    each.down,
    (i) => `    workgroupBarrier();
${ifAtWork(
  matrices,
  repeat(
    each.across,
    (j) =>
      `      subgroupMatrixStore<row_major>(&sums, subgroupRow * ${m * channels}u + (subgroupColumn + ${j * subgroups.across}u) * ${n}u, matrix_${i}_${j}, ${channels}u);`,
  ),
)}
    workgroupBarrier();
${repeat(perStripe, (p) => sums(i * perStripe + p))}`,
  );
}
