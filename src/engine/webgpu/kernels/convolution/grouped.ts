import { kernelShape, kernelView } from '../../../shared/convolutionKernel.js';
import type { ConvolutionStep } from '../../../shared/fuse/steps.js';
import type { WeightBuffer } from '../../plan/buffers.js';
import { type Source, vectorsOf } from '../../plan/source.js';
import { storeVector } from '../../shader/access.js';
import { sourceReader } from '../../shader/sourceReader.js';
import { type Kernel, mapKernel } from '../../shader/wgsl.js';
import { masked, type Target } from '../maps.js';

/**
 * Weights of a convolution in groups: `[kernel row][kernel column][input channel of a group][output vector]`, each lane of which
 * has the weight of its own group.
 */
export function groupedWeights(step: ConvolutionStep): WeightBuffer {
  const { inChannels, outChannels, kernelHeight, kernelWidth, groups } = kernelShape(step);
  const [perGroup, perOutGroup] = [inChannels / groups, outChannels / groups];
  const lanes = vectorsOf(outChannels) * 4;
  const elements = kernelHeight * kernelWidth * perGroup * lanes;
  return {
    kind: 'weights',
    format: 'f32',
    elements,
    of: [step.weight],
    pack: (weight) => {
      const view = kernelView(step, weight(step.weight));
      return Float32Array.from({ length: elements }, (_, index) => {
        const oc = index % lanes;
        const row = Math.floor(index / lanes);
        const tap = Math.floor(row / perGroup);
        if (oc >= outChannels) return 0;
        const ic = Math.floor(oc / perOutGroup) * perGroup + (row % perGroup);
        return view.at(oc, ic, Math.floor(tap / kernelWidth), tap % kernelWidth);
      });
    },
  };
}

const TAP = 'struct Tap { kernel: u32, offset: i32, remainder: i32 }';

/** A convolution in groups, one thread for each vector of the result: each lane reads the channels of its group. */
export function groupedKernel(
  step: ConvolutionStep,
  source: Source,
  weights: WeightBuffer,
  bias: WeightBuffer | null,
  to: Target,
): Kernel {
  const { inChannels, outChannels, kernelHeight, kernelWidth, groups } = kernelShape(step);
  const [perGroup, perOutGroup] = [inChannels / groups, outChannels / groups];
  const outputs = vectorsOf(outChannels);
  const reader = sourceReader('source', source);
  const isDepthwise = perGroup === 1 && perOutGroup === 1;
  const gather = isDepthwise
    ? 'sourceAt(read, c)'
    : `vec4f(${[0, 1, 2, 3].map((lane) => `channelAt(read, first[${lane}] + k)`).join(', ')})`;
  return mapKernel(to.height * to.width * outputs, {
    label: `convolution ${kernelHeight}x${kernelWidth}, ${inChannels} to ${outChannels} channels in ${groups} groups`,
    bindings: [
      ...reader.bindings,
      { name: 'weights', element: 'vec4f', buffer: weights },
      ...(bias === null ? [] : [{ name: 'bias', element: 'vec4f', buffer: bias } as const]),
      { name: 'target_', element: 'vec4f', buffer: to.buffer },
    ],
    declarations: [
      ...reader.declarations,
      TAP,
      `fn channelAt(pixel: i32, channel: u32) -> f32 {
  let known = min(channel, ${inChannels - 1}u);
  return sourceAt(pixel, known / 4)[known % 4];
}`,
    ],
    body: `  let c = index % ${outputs}u;
  let y = i32(index / ${outputs * to.width}u);
  let x = i32(index / ${outputs}u % ${to.width}u);
  let first = (vec4u(0, 1, 2, 3) + 4 * c) / ${perOutGroup} * ${perGroup};
  var sum = ${bias === null ? 'vec4f(0)' : 'bias[c]'};
${tapLoops(step)}
      let read = sourcePixel(row, column);
      for (var k = 0u; k < ${perGroup}u; k++) {
        sum += ${gather} * weights[((ky * ${kernelWidth}u + kx) * ${perGroup}u + k) * ${outputs}u + c];
      }
    }
  }
  ${storeVector(to.buffer, 'target_', 'index', masked('sum', outChannels))}`,
  });
}

/** Opens the loops over the taps that the output at `y`, `x` meets, which read `row` and `column` of the source. */
function tapLoops({ rows, cols }: ConvolutionStep): string {
  const loop = (axis: ConvolutionStep['rows'], k: string, position: string, at: string) => {
    // Taps of all phases, by their place in the kernel: where they read, in steps of the phase.
    const taps = axis.flatMap((phase) => phase.taps.map((tap) => ({ ...tap, phase })));
    const [{ phase }] = taps;
    const cases = taps.map(
      ({ kernel, offset, phase: own }) =>
        `Tap(${kernel}u, ${offset}, ${own.outStart % own.outStep})`,
    );
    return `  for (var t_${k} = 0; t_${k} < ${taps.length}; t_${k}++) {
    var taps_${k} = array<Tap, ${taps.length}>(${cases.join(', ')});
    let tap_${k} = taps_${k}[t_${k}];
    if (${position} % ${phase.outStep} != tap_${k}.remainder) { continue; }
    let ${k} = tap_${k}.kernel;
    let ${at} = ${position} / ${phase.outStep} * ${phase.inStep} + tap_${k}.offset;`;
  };
  return `${loop(rows, 'ky', 'y', 'row')}
${loop(cols, 'kx', 'x', 'column')}`;
}
