import { GraphBuilder, type Value } from '../../graph/builder.js';
import type { Graph } from '../../graph/graph.js';
import { conv2dOperator, resolveConv2d } from '../../tensor/conv2d.js';
import { convTranspose2dOperator, resolveConvTranspose2d } from '../../tensor/convTranspose2d.js';
import { instanceNorm2dOperator } from '../../tensor/instanceNorm2d.js';
import { leakyReluOperator } from '../../tensor/leakyRelu.js';
import { reflectionPad2dOperator, resolveReflectionPad2d } from '../../tensor/reflectionPad2d.js';
import { reluOperator } from '../../tensor/relu.js';
import { tanhOperator } from '../../tensor/tanh.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { Program } from '../engine.js';
import { noise } from './noise.js';
import { ReferenceProgram } from './reference.js';

/** Values are of order 1; float32 in another order of summation differs by far less. */
const TOLERANCE = 1e-4;
const INPUT_SHAPE = [1, 3, 18, 27];

export interface SelfCheckOptions {
  readonly runs: number;
  /** Whether it works without pause. */
  readonly blocking: boolean;
  /** How far the result may be off. Default: as far as float32 in another order of summation may. */
  readonly tolerance?: number;
}

let reference: { readonly graph: Graph; readonly output: Promise<Tensor> } | null = null;

/**
 * Runs a small network by an engine, and by reference loops.
 * @returns The largest difference; `Infinity` where one is no finite number.
 */
export async function selfCheck(
  compile: (graph: Graph) => Promise<Program>,
  { runs, blocking, tolerance = TOLERANCE }: SelfCheckOptions,
): Promise<{ passed: boolean; difference: number }> {
  const input = noise(INPUT_SHAPE, 1);
  reference ??= byReference(checkGraph(), input, blocking);
  const program = await compile(reference.graph);
  for (let run = 1; run < runs; run++) await program.run(input, { blocking });
  const found = await program.run(input, { blocking });
  program.dispose();
  const expected = await reference.output;
  let difference = 0;
  for (let i = 0; i < expected.size; i++) {
    const d = Math.abs(found.data[i] - expected.data[i]);
    difference = d <= difference ? difference : Number.isFinite(d) ? d : Number.POSITIVE_INFINITY;
  }
  return { passed: difference <= tolerance, difference };
}

function byReference(graph: Graph, input: Tensor, blocking: boolean) {
  return { graph, output: new ReferenceProgram(graph, 'js').run(input, { blocking }) };
}

/** A network that needs every kernel there is, each at sizes that leave remainders. */
function checkGraph(): Graph {
  const g = new GraphBuilder(INPUT_SHAPE);
  const conv = (x: Value, channels: number, kernel: number, stride = 1, groups = 1) => {
    const shape = [channels, x.shape[1] / groups, kernel, kernel];
    const options = { stride, padding: stride === 1 ? 0 : 1, groups };
    const operands = [x, g.constant(weights(shape)), g.constant(noise([channels], 3))] as const;
    return g.apply(conv2dOperator, operands, resolveConv2d(options));
  };
  const pad = (x: Value, sides: number) =>
    g.apply(reflectionPad2dOperator, [x], resolveReflectionPad2d(sides));
  const norm = (x: Value) =>
    g.apply(instanceNorm2dOperator, [x, null, null, null, null], { eps: 1e-5 });
  const relu = (x: Value) => g.apply(reluOperator, [x], {});
  let x = relu(norm(conv(pad(g.input, 3), 20, 7)));
  x = relu(norm(conv(x, 37, 3, 2)));
  for (let block = 0; block < 2; block++) {
    const inner = relu(norm(conv(pad(x, 1), 37, 3)));
    x = g.add(x, norm(conv(pad(inner, 1), 37, 3)));
  }
  // Depthwise, groups of few channels and of many.
  x = conv(conv(pad(x, 1), 37, 3, 1, 37), 72, 1);
  x = conv(conv(pad(x, 2), 72, 3, 1, 24), 72, 3, 1, 4);
  // Enough kernels for the way that does not keep them.
  x = relu(norm(conv(pad(conv(x, 168, 1), 1), 168, 3)));
  const up = resolveConvTranspose2d({ stride: 2, padding: 1, outputPadding: 1 });
  const upWeight = g.constant(weights([168, 21, 3, 3]));
  const doubled = g.apply(convTranspose2dOperator, [x, upWeight, null], up);
  x = g.apply(leakyReluOperator, [norm(doubled)], { negativeSlope: 0.2 });
  return g.finish(g.apply(tanhOperator, [conv(pad(x, 3), 3, 7)], {}));
}

/** Weights that keep values of order 1, whatever the fan-in. */
function weights(shape: readonly number[]): Tensor {
  const tensor = noise(shape, 2);
  return tensor.mul(1.5 / Math.sqrt(tensor.size / shape[0]));
}
