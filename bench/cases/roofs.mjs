// What the machine could do at most, and where each layer of a real run lies below that.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasTorch, PYTHON, RUNTIMES } from '../harness/entries.mjs';

const COMMAND = fileURLToPath(new URL('../../dist/cyclegan.mjs', import.meta.url));

export function roofCases({ nodes, threads }) {
  const peaks = {
    id: 'peaks',
    group: 'roofs',
    run: async () => {
      const rows = threads.flatMap((count) => [
        ...nodes.map(({ binary, major }) => ({
          id: `node${major}`,
          ...json(binary, [join(RUNTIMES, 'peak.mjs'), String(count), '1'], count),
        })),
        ...(hasTorch()
          ? [
              {
                id: 'pytorch',
                threads: count,
                ...json(PYTHON, [join(RUNTIMES, 'pytorch.py'), '--peak', String(count)], count),
              },
            ]
          : []),
      ]);
      return { rows };
    },
  };
  const layers = nodes.map(({ binary, major }) => ({
    id: `layers of node${major}`,
    group: 'roofs',
    run: async ({ space }) => {
      const args = [COMMAND, 'summary', space.weights, '--profile', '--json'];
      const { rows, totals } = json(binary, args, threads.at(-1));
      return { id: `node${major}`, layers: rows.filter(isLayer).map(layerRow), totals };
    },
  }));
  return [peaks, ...layers];
}

function json(command, args, threads) {
  const env = { ...process.env, OPENBLAS_NUM_THREADS: threads, OMP_NUM_THREADS: threads };
  const options = { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'ignore'] };
  return JSON.parse(execFileSync(command, args, options));
}

function isLayer({ own }) {
  return own.multiplyAdds > 0 && own.milliseconds > 0;
}

/** Bytes are what must be read and written at least, were each layer run by itself. */
function layerRow({ name, type, inputShape, outputShape, own }) {
  const size = (shape) => shape.reduce((a, b) => a * b, 1);
  return {
    name,
    type,
    milliseconds: own.milliseconds,
    multiplyAdds: own.multiplyAdds,
    bytes: 4 * (size(inputShape) + size(outputShape) + own.parameters),
  };
}
