// This project as a runner: node cyclegan.mjs wasm|js THREADS FLAGS(0|1). Which build, CYCLEGAN_DIST says.
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { familyModule } from '../cases/familyNetworks.mjs';
import { layerModule } from '../cases/layers.mjs';
import { floats, serve } from './serve.mjs';
import { stageRunner } from './stages.mjs';
import { trainingRunner } from './training.mjs';

const dist = process.env.CYCLEGAN_DIST ?? fileURLToPath(new URL('../../dist', import.meta.url));
// What Node imports: builds of older commits have no files of their own for it.
const entry = ['node/index.js', 'index.js'].find((name) => existsSync(`${dist}/${name}`));
const library = await import(pathToFileURL(`${dist}/${entry}`).href);
const { compile, loadStateDict, openWeights, ResNetGenerator, Tensor } = library;
const [engine, threads, flags] = process.argv.slice(2);
const options = { engine, threads: Number(threads), allowV8Flags: flags === '1', blocking: true };
const form = engine === 'js' ? 'plain loops' : `flags ${flags === '1' ? 'on' : 'off'}`;

await serve(`cyclegan-ts on Node ${process.versions.node}, ${form}`, async (task) => {
  if (task.stage !== undefined) return { run: await stageRunner(library, task, options) };
  if (task.training !== undefined) return trainingRunner(library, dist, task, options);
  const module = await moduleOf(task);
  const program = await compile(module, { ...options, inputShape: task.shape });
  const input = new Tensor(floats(task.input), task.shape);
  return {
    details: program.details,
    release: () => program.dispose(),
    run: async () => (await program.run(input, { blocking: true })).data,
  };
});

/** It is not exported, but networks have it. */
function catOperator() {
  const net = new library.UnetGenerator(1, 1, 5, 1).eval();
  const { nodes } = library.traceGraph(net, [1, 1, 32, 32]);
  return nodes.find(({ op }) => op === 'cat').operator;
}

async function moduleOf(task) {
  if (task.isImported) return (await library.openGenerator(task.model, { late: true })).module;
  if (task.layers !== undefined) {
    const module = familyModule({ ...library, catOperator: catOperator() }, task.layers);
    // As the command does it: large weights stay in the file until they are packed.
    const file = await openWeights(task.weights);
    module.loadStateDict(await file.stateDict({ late: true }));
    return module.eval();
  }
  return task.layer === null
    ? ResNetGenerator.fromStateDict(await loadStateDict(task.weights))
    : layerModule(library, task.layer, (name) => floats(task.layer[name].file));
}
