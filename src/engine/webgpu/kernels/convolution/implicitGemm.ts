import type { AxisPhase } from '../../../../tensor/axisPhase.js';
import { kernelShape, kernelView } from '../../../shared/convolutionKernel.js';
import type { ConvolutionStep } from '../../../shared/fuse/steps.js';
import type { ArenaBuffer, Format, WeightBuffer } from '../../plan/buffers.js';
import { type Source, vectorsOf } from '../../plan/source.js';
import { storeVector } from '../../shader/access.js';
import { sourceReader } from '../../shader/sourceReader.js';
import { type Kernel, kernel, repeat } from '../../shader/wgsl.js';
import { masked, type Target } from '../maps.js';
import {
  addProduct,
  declareChannels,
  declareSums,
  finishSums,
  heldPixels,
  ownPixels,
  productOf,
  type Weights,
} from './product.js';
import { leavePart, partMemory } from './storedParts.js';
import { gridOf, pixelsOf, type Tile } from './tile.js';

/** Where the outputs of one phase lie, and which taps they meet: `first + k · step` rows, or columns, from where an output begins. */
interface Axis {
  readonly count: number;
  readonly outStart: number;
  readonly outStep: number;
  readonly taps: number;
  readonly first: number;
  readonly step: number;
}

/** A phase of rows with one of columns: a plain convolution has one, a transposed one of stride 2 four. */
interface Phase {
  readonly rows: AxisPhase;
  readonly columns: AxisPhase;
}

export function phasesOf({ rows, cols }: Pick<ConvolutionStep, 'rows' | 'cols'>): Phase[] {
  return rows.flatMap((row) => cols.map((columns) => ({ rows: row, columns })));
}

/**
 * Weights as the product reads them: `[phase][tap row][tap column][input vector][output vector]` of 4×4 blocks, whose columns are
 * input channels.
 */
export function packedWeights(step: ConvolutionStep, format: Format): WeightBuffer {
  const { inChannels, outChannels } = kernelShape(step);
  const [inputs, outputs] = [vectorsOf(inChannels), vectorsOf(outChannels)];
  const phases = phasesOf(step);
  const taps = phases.reduce((sum, p) => sum + p.rows.taps.length * p.columns.taps.length, 0);
  const elements = Math.max(1, taps) * inputs * outputs * 16;
  return {
    kind: 'weights',
    format,
    elements,
    of: [step.weight],
    pack: (weight) => {
      const view = kernelView(step, weight(step.weight));
      const to = new Float32Array(elements);
      let at = 0;
      for (const { rows, columns } of phases) {
        for (const row of byOffset(rows)) {
          for (const column of byOffset(columns)) {
            for (let block = 0; block < inputs * outputs; block++) {
              const [i, o] = [Math.floor(block / outputs), block % outputs];
              for (let n = 0; n < 16; n++, at++) {
                const [ic, oc] = [4 * i + (n >> 2), 4 * o + (n & 3)];
                if (ic < inChannels && oc < outChannels)
                  to[at] = view.at(oc, ic, row.kernel, column.kernel);
              }
            }
          }
        }
      }
      return to;
    },
  };
}

function byOffset({ taps }: AxisPhase) {
  return taps.toSorted((a, b) => a.offset - b.offset);
}

function axisOf(phase: AxisPhase): Axis {
  const offsets = byOffset(phase).map(({ offset }) => offset);
  const step = offsets.length > 1 ? offsets[1] - offsets[0] : 1;
  const { count, outStart, outStep } = phase;
  return { count, outStart, outStep, taps: offsets.length, first: offsets[0] ?? 0, step };
}

export interface ConvolutionBuffers {
  readonly weights: WeightBuffer;
  /** Padded with zeros; `null` for none. */
  readonly bias: WeightBuffer | null;
  readonly to: Target;
  /** Room for the parts of statistics, if a norm asks for them. */
  readonly parts: ArenaBuffer | null;
}

/** Pixels of the largest phase. */
export function phasePixels(step: ConvolutionStep): number {
  return Math.max(...phasesOf(step).map(({ rows, columns }) => rows.count * columns.count));
}

/** How the work is cut, which says how many parts of statistics are left. */
export function planImplicitGemm(step: ConvolutionStep, tile: Tile) {
  const phases = phasesOf(step);
  const pixels = phasePixels(step);
  const outVectors = vectorsOf(step.to.channels);
  const grid = gridOf(tile, pixels, outVectors, phases.length);
  return { phases, grid, parts: grid.tiles * phases.length };
}

/**
 * A convolution of any kernel, stride and dilation, direct or transposed, as a matrix product whose left side is gathered as
 * it is read: [output pixels] × [taps, input channels] × [output channels]. Phases of a transposed one are layers of the grid.
 */
export function implicitGemmKernel(
  step: ConvolutionStep,
  source: Source,
  { weights, bias, to, parts }: ConvolutionBuffers,
  tile: Tile,
): Kernel {
  const { phases, grid } = planImplicitGemm(step, tile);
  const inputs = source.vectors;
  const outputs = vectorsOf(to.channels);
  const right = { buffer: weights, inputs, outputs };
  const product = productOf(tile, right);
  const reader = sourceReader('source', source);
  const { kernelHeight, kernelWidth } = kernelShape(step);
  return kernel({
    label: `convolution ${kernelHeight}x${kernelWidth}, ${source.channels} to ${to.channels} channels, ${to.height} x ${to.width}`,
    bindings: [
      ...reader.bindings,
      ...product.bindings,
      ...(bias === null ? [] : [{ name: 'bias', element: 'vec4f', buffer: bias } as const]),
      { name: 'target_', element: 'vec4f', buffer: to.buffer },
      ...(parts === null ? [] : [{ name: 'parts', element: 'vec4f', buffer: parts } as const]),
    ],
    declarations: [
      ...reader.declarations,
      phaseTable(phases, inputs * outputs),
      ...product.declarations,
      ...(parts === null ? [] : partMemory(tile)),
    ],
    ...product.frame,
    workgroups: grid.workgroups,
    body: `${product.prologue}
  let phase = PHASES[group.z / ${grid.layers}u];
  let tileIndex = (group.z % ${grid.layers}u) * ${grid.x}u + group.x;
  let pixels = phase.height * phase.width;
${declareChannels(tile)}
${ownPixels(tile).map(nameOutput(tile)).join('\n')}
${heldPixels(tile).map(placeInput(tile, step.inStep)).join('\n')}
${declareSums(tile)}
${addTaps(tile, right)}
${finishSums(tile)}
${repeat(tile.vectors, (v) => storeSums(v, tile, to, bias !== null))}
${parts === null ? '' : leaveParts(tile, to.channels, `((group.z / ${grid.layers}u) * ${grid.tiles}u + tileIndex)`)}`,
  });
}

type Pixel = ReturnType<typeof heldPixels>[number];

/** Declares where a pixel that is stored lies in its phase, `index_NAME`. */
function nameOutput(tile: Tile) {
  return ({
    name,
    index,
  }: Pixel) => `  let index_${name} = tileIndex * ${pixelsOf(tile)}u + ${index};
  let inside_${name} = index_${name} < pixels;`;
}

/** Declares where a pixel that is read begins in the source, `y_NAME` and `x_NAME`. */
function placeInput(tile: Tile, [down, across]: readonly [number, number]) {
  return ({
    name,
    index,
  }: Pixel) => `  let first_${name} = tileIndex * ${pixelsOf(tile)}u + ${index};
  let y_${name} = i32(first_${name} / phase.width) * ${down};
  let x_${name} = i32(first_${name} % phase.width) * ${across};`;
}

/** Adds the products of all taps of a phase. */
function addTaps(tile: Tile, weights: Weights): string {
  return `  var block = phase.weights;
  for (var tapRow = 0; tapRow < phase.tapRows; tapRow++) {
    for (var tapColumn = 0; tapColumn < phase.tapColumns; tapColumn++) {
${heldPixels(tile).map(placeTap).join('\n')}
${addProduct(tile, weights, 'block', (pixel, ic) => `sourceAt(from_${pixel}, ${ic})`)}
      block += ${weights.inputs * weights.outputs}u;
    }
  }`;
}

/** Declares which pixel a tap reads, `from_NAME`. */
function placeTap({ name }: Pixel): string {
  return `      let from_${name} = sourcePixel(y_${name} + phase.firstRow + tapRow * phase.rowStep, x_${name} + phase.firstColumn + tapColumn * phase.columnStep);`;
}

/** @param index Which part it is that a workgroup leaves. */
function leaveParts(tile: Tile, channels: number, index: string): string {
  return repeat(tile.vectors, (v) => {
    const values = Array.from({ length: tile.pixels }, (_, p) => ({
      value: `sum_${p}_${v}`,
      isInside: `inside_${p}`,
    }));
    return leavePart(tile, channels, `channel_${v}`, values, index);
  });
}

function storeSums(v: number, { pixels }: Tile, to: Target, hasBias: boolean): string {
  const outputs = vectorsOf(to.channels);
  return `  {
    let c = channel_${v};
    ${repeat(pixels, (p) => {
      const value = hasBias ? `sum_${p}_${v} + bias[min(c, ${outputs - 1}u)]` : `sum_${p}_${v}`;
      return `sum_${p}_${v} = ${masked(`(${value})`, to.channels)};
    if (inside_${p} && c < ${outputs}u) {
      let y = phase.outRow + (index_${p} / phase.width) * phase.outRowStep;
      let x = phase.outColumn + (index_${p} % phase.width) * phase.outColumnStep;
      ${storeVector(to.buffer, 'target_', `(y * ${to.width}u + x) * ${outputs}u + c`, `sum_${p}_${v}`)}
    }`;
    })}
  }`;
}

function phaseTable(phases: readonly Phase[], blocks: number): string {
  let weights = 0;
  const rows = phases.map(({ rows, columns }) => {
    const [down, across] = [axisOf(rows), axisOf(columns)];
    const fields = [
      `${down.count}u, ${across.count}u, ${down.outStart}u, ${across.outStart}u`,
      `${down.outStep}u, ${across.outStep}u, ${down.taps}, ${across.taps}`,
      `${down.first}, ${across.first}, ${down.step}, ${across.step}, ${weights}u`,
    ];
    weights += down.taps * across.taps * blocks;
    return `Phase(${fields.join(', ')})`;
  });
  return `struct Phase {
  height: u32, width: u32, outRow: u32, outColumn: u32,
  outRowStep: u32, outColumnStep: u32, tapRows: i32, tapColumns: i32,
  firstRow: i32, firstColumn: i32, rowStep: i32, columnStep: i32, weights: u32,
}
const PHASES = array<Phase, ${rows.length}>(${rows.join(', ')});`;
}
