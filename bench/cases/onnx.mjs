// Models that PyTorch exported to ONNX: how long they take to be opened, and to run, with us and with ONNX Runtime.

import { hasTorch, withThreads } from '../harness/entries.mjs';
import { interleave } from '../harness/interleave.mjs';
import { familyFigures } from '../report/families.mjs';
import { FAMILY_NETWORKS } from './familyNetworks.mjs';

const NAMES = ['TransformerNet', 'AnimeGANv2', 'pix2pix unet_256'];

export function onnxCases({ entries, threads }) {
  if (!hasTorch()) return [];
  const taking = entries.filter(
    ({ id, kind, noFlags }) => id === 'ort-node' || (kind === 'ours' && !noFlags),
  );
  const measured = (name, count, taskOf, compares = true) => ({
    id: `onnx ${name}, threads ${count}`,
    group: 'onnx',
    onlyAsked: true,
    run: async ({ space, ...options }) => {
      const runners = taking.map((entry) => withThreads(entry, count));
      const task = await taskOf(space);
      const results = await interleave(runners, task, {
        ...options,
        folder: space.folder,
        compares,
      });
      for (const { id, fastest, ratio } of familyFigures({ results })) {
        console.log(`  ${id}: ${fastest.toFixed(0)} ms (${ratio.toFixed(2)})`);
      }
      return { network: name, threads: count, results };
    },
  });
  const runs = FAMILY_NETWORKS.filter(({ name }) => NAMES.includes(name)).flatMap((network) =>
    threads.map((count) => measured(network.name, count, (space) => space.importTask(network))),
  );
  return [...runs, measured('opening 45 MB', 1, (space) => space.openingTask(), false)];
}
