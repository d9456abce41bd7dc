import type { AxisPhase } from '../../../../tensor/axisPhase.js';
import { kernelShape, kernelView } from '../../../shared/convolutionKernel.js';
import type { ConvolutionStep } from '../../../shared/fuse/steps.js';
import type { ArenaBuffer, WeightBuffer } from '../../plan/buffers.js';
import { type Source, vectorsOf } from '../../plan/source.js';
import { sourceReader } from '../../shader/sourceReader.js';
import { type Kernel, kernel, repeat } from '../../shader/wgsl.js';
import { masked, type Target } from '../maps.js';
import {
  addProducts,
  declareSums,
  gridOf,
  leavePart,
  partMemory,
  type Tile,
  tileFor,
} from './tile.js';

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
export function packedWeights(step: ConvolutionStep): WeightBuffer {
  const { inChannels, outChannels } = kernelShape(step);
  const [inputs, outputs] = [vectorsOf(inChannels), vectorsOf(outChannels)];
  const phases = phasesOf(step);
  const taps = phases.reduce((sum, p) => sum + p.rows.taps.length * p.columns.taps.length, 0);
  const floats = Math.max(1, taps) * inputs * outputs * 16;
  return {
    kind: 'weights',
    floats,
    of: [step.weight],
    pack: (weight) => {
      const view = kernelView(step, weight(step.weight));
      const to = new Float32Array(floats);
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

/** How the work is cut, which says how many parts of statistics are left. */
export function planImplicitGemm(step: ConvolutionStep) {
  const phases = phasesOf(step);
  const pixels = Math.max(...phases.map(({ rows, columns }) => rows.count * columns.count));
  const outVectors = vectorsOf(step.to.channels);
  const tile = tileFor(outVectors, pixels);
  const grid = gridOf(tile, pixels, outVectors, phases.length);
  return { phases, tile, grid, parts: grid.tiles * phases.length };
}

/**
 * A convolution of any kernel, stride and dilation, direct or transposed, as a matrix product whose left side is gathered as
 * it is read: [output pixels] × [taps, input channels] × [output channels]. Phases of a transposed one are layers of the grid.
 */
export function implicitGemmKernel(
  step: ConvolutionStep,
  source: Source,
  { weights, bias, to, parts }: ConvolutionBuffers,
): Kernel {
  const { phases, tile, grid } = planImplicitGemm(step);
  const inputs = source.vectors;
  const outputs = vectorsOf(to.channels);
  const reader = sourceReader('source', source);
  const { kernelHeight, kernelWidth } = kernelShape(step);
  return kernel({
    label: `convolution ${kernelHeight}x${kernelWidth}, ${source.channels} to ${to.channels} channels, ${to.height} x ${to.width}`,
    bindings: [
      ...reader.bindings,
      { name: 'weights', element: 'mat4x4f', buffer: weights },
      ...(bias === null ? [] : [{ name: 'bias', element: 'vec4f', buffer: bias } as const]),
      { name: 'target_', element: 'vec4f', buffer: to.buffer },
      ...(parts === null ? [] : [{ name: 'parts', element: 'vec4f', buffer: parts } as const]),
    ],
    declarations: [
      ...reader.declarations,
      phaseTable(phases, inputs * outputs),
      ...(parts === null ? [] : partMemory(tile)),
    ],
    workgroupSize: [tile.across, tile.down],
    workgroups: grid.workgroups,
    body: `  let phase = PHASES[group.z / ${grid.layers}u];
  let tileIndex = (group.z % ${grid.layers}u) * ${grid.x}u + group.x;
  let channel = (group.y * ${tile.across}u + local.x) * ${tile.vectors}u;
  let pixels = phase.height * phase.width;
${repeat(tile.pixels, (p) => placePixel(p, tile, step.inStep))}
${declareSums(tile)}
  var block = phase.weights + channel;
  for (var row = 0; row < phase.tapRows; row++) {
    for (var col = 0; col < phase.tapColumns; col++) {
${repeat(tile.pixels, (p) => `      let from_${p} = sourcePixel(y_${p} + phase.firstRow + row * phase.rowStep, x_${p} + phase.firstColumn + col * phase.columnStep);`)}
      for (var ic = 0u; ic < ${inputs}u; ic++) {
        let at = block;
${repeat(tile.pixels, (p) => `        let a_${p} = sourceAt(from_${p}, ic);`)}
${addProducts(tile)}
        block += ${outputs}u;
      }
    }
  }
${repeat(tile.vectors, (v) => storeVector(v, tile, to, bias !== null))}
${
  parts === null
    ? ''
    : repeat(tile.vectors, (v) =>
        leavePart(
          tile,
          to.channels,
          `channel + ${v}u`,
          Array.from({ length: tile.pixels }, (_, p) => ({
            value: `sum_${p}_${v}`,
            isInside: `inside_${p}`,
          })),
          `((group.z / ${grid.layers}u) * ${grid.tiles}u + tileIndex)`,
        ),
      )
}`,
  });
}

/** Declares where pixel `p` of a thread lies, in the phase (`index_p`) and in the source (`y_p`, `x_p`). */
function placePixel(p: number, tile: Tile, [down, across]: readonly [number, number]): string {
  return `  let index_${p} = (tileIndex * ${tile.down}u + local.y) * ${tile.pixels}u + ${p}u;
  let inside_${p} = index_${p} < pixels;
  let y_${p} = i32(index_${p} / phase.width) * ${down};
  let x_${p} = i32(index_${p} % phase.width) * ${across};`;
}

function storeVector(v: number, { pixels }: Tile, to: Target, hasBias: boolean): string {
  const outputs = vectorsOf(to.channels);
  return `  {
    let c = channel + ${v}u;
    ${repeat(pixels, (p) => {
      const value = hasBias ? `sum_${p}_${v} + bias[min(c, ${outputs - 1}u)]` : `sum_${p}_${v}`;
      return `sum_${p}_${v} = ${masked(`(${value})`, to.channels)};
    if (inside_${p} && c < ${outputs}u) {
      let row = phase.outRow + (index_${p} / phase.width) * phase.outRowStep;
      let column_ = phase.outColumn + (index_${p} % phase.width) * phase.outColumnStep;
      target_[(row * ${to.width}u + column_) * ${outputs}u + c] = sum_${p}_${v};
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
