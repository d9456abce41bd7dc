import { describe, expect, it } from 'vitest';
import { selectEngine } from '../../src/engine/engines.js';
import { jsEngine } from '../../src/engine/js/jsEngine.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { ConvTranspose2d } from '../../src/nn/convTranspose2d.js';
import { manualSeed } from '../../src/nn/random.js';
import { mulOperator } from '../../src/tensor/mul.js';
import { sizeOf } from '../../src/tensor/shape.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose } from './closeness.js';
import { engines } from './engines.js';

interface Layer {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly padding?: number;
  readonly groups?: number;
  readonly isTransposed?: boolean;
  readonly side: number;
}

/** For each way of computing a convolution, with channels that fill vectors and panels, and with others. */
const LAYERS: readonly Layer[] = [
  { inChannels: 16, outChannels: 32, kernel: 3, side: 12 },
  { inChannels: 9, outChannels: 13, kernel: 3, side: 12 },
  { inChannels: 128, outChannels: 192, kernel: 3, side: 9 },
  { inChannels: 130, outChannels: 190, kernel: 3, side: 9 },
  { inChannels: 128, outChannels: 192, kernel: 3, padding: 1, isTransposed: true, side: 9 },
  { inChannels: 9, outChannels: 14, kernel: 3, stride: 2, padding: 1, side: 13 },
  { inChannels: 12, outChannels: 9, kernel: 3, stride: 2, isTransposed: true, side: 9 },
  { inChannels: 3, outChannels: 16, kernel: 7, side: 15 },
  { inChannels: 16, outChannels: 3, kernel: 7, side: 15 },
  { inChannels: 3, outChannels: 16, kernel: 7, isTransposed: true, padding: 6, side: 15 },
  { inChannels: 3, outChannels: 18, kernel: 4, stride: 2, padding: 1, side: 14 },
  { inChannels: 18, outChannels: 36, kernel: 4, stride: 2, padding: 1, side: 24 },
  { inChannels: 18, outChannels: 12, kernel: 4, stride: 2, isTransposed: true, side: 12 },
  { inChannels: 20, outChannels: 32, kernel: 4, stride: 2, padding: 1, side: 8 },
  { inChannels: 18, outChannels: 1, kernel: 4, padding: 1, side: 9 },
  { inChannels: 20, outChannels: 32, kernel: 4, padding: 1, side: 9 },
  { inChannels: 32, outChannels: 16, kernel: 4, padding: 2, isTransposed: true, side: 9 },
  { inChannels: 12, outChannels: 18, kernel: 3, groups: 6, side: 9 },
  { inChannels: 7, outChannels: 5, kernel: 1, side: 9 },
];

/** The layer's output; then, its weight becomes 0.75 times what it was, and 0.01 more. */
function graphOf(layer: Layer): Graph {
  const { inChannels, outChannels, kernel, side, isTransposed, ...options } = layer;
  const Class = isTransposed ? ConvTranspose2d : Conv2d;
  manualSeed(inChannels);
  const module = new Class(inChannels, outChannels, kernel, options);
  const g = new GraphBuilder([1, inChannels, side, side]);
  const weight = g.parameter(module.weight);
  const scale = g.constant(new Tensor(Float32Array.of(0.75), [1]));
  const shift = g.constant(new Tensor(Float32Array.of(0.01), [1]));
  const output = g.call(module, g.input);
  g.assign(module.weight, g.add(g.apply(mulOperator, [weight, scale], {}), shift));
  return g.finish(output);
}

function wave(shape: readonly number[], scale = 1): Tensor {
  return new Tensor(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => scale * Math.sin(i * 1.37 + i * i)),
    shape,
  );
}

/** Weights that runs change are packed by each run: every kind of convolution, three runs, and weights from outside. */
export function changingWeightsSuite(): void {
  describe.each(engines)('weights that change on $name', ({ options, unavailable }) => {
    it.skipIf(unavailable !== null).each(LAYERS)('are those of the last run: %o', async (layer) => {
      const graph = graphOf(layer);
      const engine = await selectEngine(options.engine);
      const program = await engine.compile(graph, options);
      const reference = await jsEngine.compile(graph, {});
      expect(program.fallbacks).toEqual([]);
      const input = wave(graph.inputs[0].shape);
      const step = async () => {
        const found = await program.run(input, { blocking: true });
        expectClose(found, await reference.run(input), { absolute: 5e-5, relative: 2e-5 });
      };
      for (let run = 0; run < 3; run++) await step();
      const [{ key, shape }] = graph.parameters.filter(({ shape }) => shape.length === 4);
      const other = new Map([[key, wave(shape, 0.1)]]);
      await program.updateParameters(other);
      await reference.updateParameters(other);
      for (let run = 0; run < 2; run++) await step();
      const [held, expected] = [program, reference].map((one) => one.parameters().get(key));
      expectClose(held as Tensor, expected as Tensor, { absolute: 1e-6, relative: 1e-6 });
      program.dispose();
    });
  });
}
