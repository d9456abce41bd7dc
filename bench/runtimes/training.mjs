// Training with the library: iterations of a CycleGAN, and the gradient of a layer's weight.
import { pathToFileURL } from 'node:url';

/**
 * @param library As users import it.
 * @param dist The folder of its files, for what is not exported.
 * @param task `{ training: 'iteration', side }`, or `{ training: 'weightGradient', channels, side }`.
 */
export function trainingRunner(library, dist, task, options) {
  const load = (path) => import(pathToFileURL(`${dist}/${path}`).href);
  return task.training === 'iteration'
    ? iterations(library, task, options)
    : weightGradient(load, task, options);
}

/** Four networks of the authors' sizes, as they are drawn; pictures are numbers. */
async function iterations(library, { side }, options) {
  const { CycleGanModel, NLayerDiscriminator, ResNetGenerator, Tensor, manualSeed } = library;
  manualSeed(1);
  const netG = () => new ResNetGenerator(3, 3, 64, 9);
  const netD = () => new NLayerDiscriminator(3, 64, 3, { norm: 'instance' });
  const networks = { netGA: netG(), netGB: netG(), netDA: netD(), netDB: netD() };
  const model = await CycleGanModel.create({ ...networks, height: side, width: side, ...options });
  const [realA, realB] = [1, 2].map((seed) => noise(Tensor, [1, 3, side, side], seed));
  return {
    details: [`${(model.memoryBytes / 1e6).toFixed(0)} MB of memory, planned beforehand`],
    release: () => model.dispose(),
    run: async () => {
      const { fakeA, fakeB } = await model.optimizeGenerators(realA, realB, { blocking: true });
      const reals = { realA, realB, fakeA, fakeB };
      await model.optimizeDiscriminators(reals, { blocking: true });
      return fakeB.data;
    },
  };
}

/** Of a 3x3 layer behind its padding. What comes in and goes out besides is not counted: in training, nothing does. */
async function weightGradient(load, { channels, side }, options) {
  const { GraphBuilder } = await load('graph/builder.js');
  const { Tensor } = await load('tensor/tensor.js');
  const { selectEngine } = await load('engine/engines.js');
  const { resolveConv2d } = await load('tensor/conv2d.js');
  const { conv2dWeightGradientOperator: operator } = await load(
    'tensor/training/conv2dWeightGradient.js',
  );
  const shapes = [side + 2, side].map((length) => [1, channels, length, length]);
  const g = new GraphBuilder();
  const operands = [g.addInput(shapes[0], 'input'), g.addInput(shapes[1], 'gradient')];
  const made = g.apply(operator, operands, { ...resolveConv2d({}), kernel: [3, 3] });
  const program = await (await selectEngine(options.engine)).compile(g.finish(made), options);
  const inputs = shapes.map((shape, i) => noise(Tensor, shape, i + 1));
  let own = 0;
  const onProgress = ({ milliseconds }) => {
    own += milliseconds;
  };
  return {
    details: program.details,
    release: () => program.dispose(),
    run: async () => {
      own = 0;
      const [gradient] = await program.runAll(inputs, { blocking: true, onProgress });
      return gradient.data;
    },
    milliseconds: () => own,
  };
}

/** Numbers between -1 and 1, by a generator that needs no library. */
function noise(Tensor, shape, seed) {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  let state = seed;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = state / 2 ** 31 - 1;
  }
  return new Tensor(data, shape);
}
