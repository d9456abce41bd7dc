// Whole forwards of other families' generators: ours, ONNX Runtime and PyTorch.

import { withThreads } from '../harness/entries.mjs';
import { interleave } from '../harness/interleave.mjs';
import { familyFigures } from '../report/families.mjs';
import { FAMILY_NETWORKS } from './familyNetworks.mjs';

/** Others take a minute for a run. */
const RUNTIMES = ['pytorch', 'ort-node'];

export function familyCases({ entries, threads }) {
  const taking = entries.filter(
    ({ id, kind, noFlags }) => RUNTIMES.includes(id) || (kind === 'ours' && !noFlags),
  );
  return threads.flatMap((count) =>
    FAMILY_NETWORKS.map((network) => ({
      id: `family ${network.name}, threads ${count}`,
      group: 'families',
      onlyAsked: true,
      run: async ({ space, ...options }) => {
        const task = await space.familyTask(network);
        const runners = taking.map((entry) => withThreads(entry, count));
        const { name, height, width } = network;
        const results = await interleave(runners, task, { ...options, folder: space.folder });
        for (const { id, fastest, ratio, memory, memoryRatio } of familyFigures({ results })) {
          const [time, bytes] = [fastest.toFixed(0), (memory / 1e6).toFixed(0)];
          console.log(
            `  ${id}: ${time} ms (${ratio.toFixed(2)}), ${bytes} MB (${memoryRatio.toFixed(2)})`,
          );
        }
        return { network: name, height, width, threads: count, results };
      },
    })),
  );
}
