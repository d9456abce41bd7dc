// What all runners of the bench that run on Node have in common: one JSON line in, one JSON line out.
//
//   { "do": "prepare", "task": … }   builds the network or layer, without a run    -> { "details": […] }
//   { "do": "run" }                  one run                                       -> { "milliseconds": … }
//   { "do": "output", "file": … }    writes the last run's output as raw float32   -> {}
//   { "do": "release" }              lets go of what was prepared                  -> {}
//
// The first line out says who it is: { "name": … }. What goes wrong is answered with { "error": … }.
//
// A task is { layer, shape, input, model }: `layer` is null for the whole generator, or { op, … } with the options of
// PyTorch's module in camelCase and its `weight` and `bias` as files; `shape` is that of the input, [N, C, H, W]; `input`
// a file of raw float32; `model` the same network as ONNX; `weights` the generator's .pth and `tensors` the same as raw
// float32, by state-dict key: { "model.1.weight": { shape, file }, … }.
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
/** Otherwise some runs would pay for others' garbage, and for new memory while the old is not yet given back. */
const collectGarbage = runInNewContext('gc');

/**
 * @param name Who this is, with the version.
 * @param prepare From a task to `{ run, details?, release?, milliseconds? }`: `run` makes the output as a Float32Array,
 *   `[N, C, H, W]`; `milliseconds` says how long the last run took, where that is not all of it.
 */
export async function serve(name, prepare) {
  say({ name });
  let prepared = null;
  let output = null;
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      say(await answer(JSON.parse(line)));
    } catch (error) {
      say({ error: String(error?.message ?? error).split('\n')[0] });
    }
  }
  process.exit(0);

  async function answer(request) {
    switch (request.do) {
      case 'prepare':
        prepared = await prepare(request.task);
        return { details: prepared.details ?? [] };
      case 'run': {
        output = null;
        collectGarbage();
        const begin = performance.now();
        output = await prepared.run();
        const elapsed = performance.now() - begin;
        return { milliseconds: prepared.milliseconds?.() ?? elapsed };
      }
      case 'output':
        writeFileSync(request.file, output);
        return {};
      case 'release':
        await prepared?.release?.();
        prepared = null;
        output = null;
        return {};
      default:
        throw new Error(`There is no way to "${request.do}".`);
    }
  }
}

/** A file of raw float32. */
export function floats(file) {
  const bytes = readFileSync(file);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
