import { describe, expect, it } from 'vitest';
import { fuse, withLayouts } from '../../src/engine/shared/fuse/fuse.js';
import { lower } from '../../src/engine/wasm/plan/lower.js';
import { LIMITS } from '../../src/engine/wasm/plan/pending.js';
import type { Stage } from '../../src/engine/wasm/plan/stages.js';
import { UnetGenerator } from '../../src/generator/unet/unetGenerator.js';
import { GraphBuilder, type Value } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { traceGraph } from '../../src/nn/compile.js';
import { catOperator } from '../../src/tensor/cat.js';
import { conv2dOperator, resolveConv2d } from '../../src/tensor/conv2d.js';
import {
  convTranspose2dOperator,
  resolveConvTranspose2d,
} from '../../src/tensor/convTranspose2d.js';
import { instanceNorm2dOperator } from '../../src/tensor/instanceNorm2d.js';
import { leakyReluOperator } from '../../src/tensor/leakyRelu.js';
import { mulOperator } from '../../src/tensor/mul.js';
import { padOperator } from '../../src/tensor/pad.js';
import { reluOperator } from '../../src/tensor/relu.js';
import { expectAsByReference, wave } from '../support/asByReference.js';

/** Skips: a convolution reads values whose channels are one behind the other, each with what is pending. */

const SIDES = [12, 14] as const;

function stagesOf(graph: Graph): readonly Stage['kind'][] {
  return lower(fuse(withLayouts(graph), LIMITS)).stages.map(({ kind }) => kind);
}

const norm = (g: GraphBuilder, x: Value) =>
  g.apply(instanceNorm2dOperator, [x, null, null, null, null], { eps: 0.1 });
const leaky = (g: GraphBuilder, x: Value) =>
  g.apply(leakyReluOperator, [x], { negativeSlope: 0.2 });

function convolved(
  g: GraphBuilder,
  x: Value,
  [outChannels, side]: readonly [number, number],
  options: Parameters<typeof resolveConv2d>[0] = {},
): Value {
  const groups = options?.groups ?? 1;
  const weight = g.constant(wave([outChannels, x.shape[1] / groups, side, side], 0.2));
  return g.apply(conv2dOperator, [x, weight, null], resolveConv2d(options));
}

/** Both parts are stored by convolutions, and of both, something is left to do. */
function parts(g: GraphBuilder, channels: readonly [number, number] = [8, 12]): [Value, Value] {
  const [a, b] = channels.map((count) => convolved(g, g.input, [count, 3], { padding: 1 }));
  return [leaky(g, norm(g, a)), norm(g, b)];
}

const joined = (g: GraphBuilder, values: readonly Value[]) =>
  g.apply(catOperator, values, { dim: 1 });

function graphOf(build: (g: GraphBuilder) => Value | readonly Value[], pictures = 1): Graph {
  const g = new GraphBuilder([pictures, 4, ...SIDES]);
  return g.finish(build(g));
}

const inputOf = (pictures = 1) => [wave([pictures, 4, ...SIDES])];

const READERS: Readonly<Record<string, (g: GraphBuilder, x: Value) => Value>> = {
  '3 x 3': (g, x) => convolved(g, x, [16, 3], { padding: 1 }),
  '1 x 1': (g, x) => convolved(g, x, [16, 1]),
  '4 x 4 of stride 2': (g, x) => convolved(g, x, [16, 4], { stride: 2, padding: 1 }),
  '7 x 7 of few outputs': (g, x) => convolved(g, x, [3, 7], { padding: 3 }),
  '7 x 7': (g, x) => convolved(g, x, [16, 7], { padding: 3 }),
  'two groups': (g, x) => convolved(g, x, [16, 3], { padding: 1, groups: 2 }),
  'each channel by itself': (g, x) => convolved(g, x, [20, 3], { padding: 1, groups: 20 }),
  'a mirrored border': (g, x) => {
    const padding = [2, 1, 1, 2] as const;
    return convolved(g, g.apply(padOperator, [x], { mode: 'reflect', padding }), [16, 3]);
  },
  'an activation before': (g, x) =>
    convolved(g, g.apply(reluOperator, [x], {}), [16, 3], { padding: 1 }),
  'a transposed one of stride 2': (g, x) => {
    const weight = g.constant(wave([x.shape[1], 16, 4, 4], 0.2));
    const relued = g.apply(reluOperator, [x], {});
    const options = resolveConvTranspose2d({ stride: 2, padding: 1 });
    return g.apply(convTranspose2dOperator, [relued, weight, null], options);
  },
};

describe('what a convolution reads of two values is not copied', () => {
  it.each(Object.keys(READERS))('%s', async (name) => {
    const graph = graphOf((g) => READERS[name](g, joined(g, parts(g))));
    expect(stagesOf(graph)).not.toContain('insert');
    await expectAsByReference(graph, inputOf(), 1e-5);
  });

  it('of which one goes with a mask, or with another value', async () => {
    const graph = graphOf((g) => {
      const [a, b] = parts(g);
      const mask = g.apply(reluOperator, [convolved(g, g.input, [1, 1])], {});
      const masked = g.apply(mulOperator, [b, mask], {});
      const sum = g.add(a, convolved(g, g.input, [8, 1]));
      return convolved(g, joined(g, [sum, masked]), [16, 3], { padding: 1 });
    });
    expect(stagesOf(graph)).not.toContain('insert');
    await expectAsByReference(graph, inputOf(), 1e-5);
  });

  it('of several pictures, whose result is normalised', async () => {
    const graph = graphOf((g) => norm(g, READERS['3 x 3'](g, joined(g, parts(g)))), 2);
    expect(stagesOf(graph)).not.toContain('insert');
    await expectAsByReference(graph, inputOf(2), 1e-5);
  });

  it('of any U-Net', () => {
    for (const norm of ['batch', 'instance'] as const) {
      const net = new UnetGenerator(3, 3, 5, 8, { norm }).eval();
      expect(stagesOf(traceGraph(net, [1, 3, 64, 64]))).not.toContain('insert');
    }
  });
});

describe('values are put together', () => {
  const read = READERS['3 x 3'];
  it.each<[string, (g: GraphBuilder) => Value | readonly Value[]]>([
    [
      'that two layers read',
      (g) => {
        const both = joined(g, parts(g));
        return [read(g, both), READERS['1 x 1'](g, both)];
      },
    ],
    ['three of them', (g) => read(g, joined(g, [...parts(g), g.input]))],
    ['with channels that are no whole vectors', (g) => read(g, joined(g, parts(g, [6, 8])))],
    ['that are normalised together', (g) => read(g, norm(g, joined(g, parts(g))))],
    ['that come out', (g) => joined(g, parts(g))],
    [
      'with a border around one',
      (g) => {
        const [a, b] = parts(g);
        const around = { mode: 'constant', padding: [1, 1, 1, 1] } as const;
        const inner = convolved(g, b, [8, 3]);
        return read(g, joined(g, [a, g.apply(padOperator, [inner], around)]));
      },
    ],
  ])('%s', async (_, build) => {
    const graph = graphOf(build);
    expect(stagesOf(graph)).toContain('insert');
    await expectAsByReference(graph, inputOf(), 1e-5);
  });
});
