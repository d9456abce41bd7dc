// This project as a runner: node cyclegan.mjs wasm|js THREADS FLAGS(0|1). Which build, CYCLEGAN_DIST says.
import { fileURLToPath, pathToFileURL } from 'node:url';
import { layerModule } from '../cases/layers.mjs';
import { floats, serve } from './serve.mjs';
import { stageRunner } from './stages.mjs';

const dist = process.env.CYCLEGAN_DIST ?? fileURLToPath(new URL('../../dist', import.meta.url));
const library = await import(pathToFileURL(`${dist}/index.js`).href);
const { compile, loadStateDict, ResNetGenerator, Tensor } = library;
const [engine, threads, flags] = process.argv.slice(2);
const options = { engine, threads: Number(threads), allowV8Flags: flags === '1', blocking: true };
const form = engine === 'js' ? 'plain loops' : `flags ${flags === '1' ? 'on' : 'off'}`;

await serve(`cyclegan-ts on Node ${process.versions.node}, ${form}`, async (task) => {
  if (task.stage !== undefined) return { run: await stageRunner(library, task, options) };
  const module =
    task.layer === null
      ? ResNetGenerator.fromStateDict(await loadStateDict(task.weights))
      : layerModule(library, task.layer, (name) => floats(task.layer[name].file));
  const program = await compile(module, { ...options, inputShape: task.shape });
  const input = new Tensor(floats(task.input), task.shape);
  return {
    details: program.details,
    release: () => program.dispose(),
    run: async () => (await program.run(input, { blocking: true })).data,
  };
});
