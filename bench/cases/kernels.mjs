// Each kind of layer alone, at the generator's own shapes.

import { keepsMemory, withThreads } from '../harness/entries.mjs';
import { interleave } from '../harness/interleave.mjs';
import { LAYERS } from './layers.mjs';

/** Plain loops, that is. */
const SLOW_MS = 300;
/** Some layers take a tenth more in one process than in the next, for as long as it runs: the faster one counts. */
const PROCESSES = 2;

export function kernelCases({ entries, threads, full }) {
  // Hours of plain JavaScript tell nothing that 64 x 64 pixels do not.
  const slow = full ? ['tfjs-cpu'] : ['tfjs-cpu', 'jax-js', 'tfjs-wasm'];
  return threads.flatMap((count) =>
    LAYERS.map((layer) => ({
      id: `kernel ${layer.name}, threads ${count}`,
      group: 'kernels',
      series: `kernels, threads ${count}`,
      // Without a `Noise`: of a layer's many short runs, the fastest count.
      run: async ({ space, runs, kept }) => {
        const taking = entries.filter(
          ({ id, oneThread, noFlags }) =>
            !slow.includes(id) && id !== 'ort-node-phases' && !noFlags && !(oneThread && count > 1),
        );
        const results = await interleave(
          taking.map((entry) => ({
            ...keepsMemory(withThreads(entry, count)),
            // It begins slowly, and what differed from process to process is settled (`runtimes/onnxruntime.mjs`).
            oneProcess: entry.id === 'ort-web',
          })),
          space.layerTask(layer),
          { runs, kept, processes: PROCESSES, folder: space.folder, slow: SLOW_MS },
        );
        const { name, shape } = layer;
        const facts = { layer: name, shape, threads: count, processes: PROCESSES };
        return { ...facts, ...costs(layer), results };
      },
    })),
  );
}

/** Multiply-adds by the definition, and bytes that are read and written at least. */
function costs({ op, shape, weight, stride = 1, padding = 0 }) {
  const [, channels, height, width] = shape;
  const size = channels * height * width;
  if (op === 'reflectionPad2d') {
    const out = channels * (height + 2 * padding) * (width + 2 * padding);
    return { multiplyAdds: 0, bytes: 4 * (size + out) };
  }
  if (weight === undefined) return { multiplyAdds: 0, bytes: 8 * size };
  const count = weight.reduce((a, b) => a * b, 1);
  if (op === 'convTranspose2d') {
    const out = weight[1] * 4 * height * width;
    return { multiplyAdds: count * height * width, bytes: 4 * (size + count + out) };
  }
  const side = (length) => Math.floor((length + 2 * padding - weight[2]) / stride) + 1;
  const pixels = side(height) * side(width);
  return { multiplyAdds: count * pixels, bytes: 4 * (size + count + weight[0] * pixels) };
}
