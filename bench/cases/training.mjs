// Training: iterations of a CycleGAN, and the gradient of a residual layer's weight; ours and PyTorch.

import { withThreads } from '../harness/entries.mjs';
import { interleave } from '../harness/interleave.mjs';
import { trainingFigures } from '../report/training.mjs';

/** An iteration takes seconds, so two processes would not tell more than one. */
const TASKS = [
  { name: 'weight gradient', training: 'weightGradient', channels: 256, side: 64 },
  { name: 'iteration 128x128', training: 'iteration', side: 128 },
  { name: 'iteration 256x256', training: 'iteration', side: 256 },
];

export function trainingCases({ entries, threads }) {
  const taking = entries.filter(
    ({ id, kind, noFlags }) => id === 'pytorch' || (kind === 'ours' && !noFlags),
  );
  return TASKS.flatMap(({ name, ...task }) =>
    threads.map((count) => ({
      id: `training ${name}, threads ${count}`,
      group: 'training',
      onlyAsked: true,
      run: async ({ space, ...options }) => {
        const runners = taking.map((entry) => withThreads(entry, count));
        const how = { ...options, folder: space.folder, compares: false };
        const results = await interleave(runners, task, how);
        for (const { id, fastest, ratio, memory } of trainingFigures({ results })) {
          const bytes = (memory / 1e6).toFixed(0);
          console.log(`  ${id}: ${fastest.toFixed(1)} ms (${ratio.toFixed(2)}), ${bytes} MB`);
        }
        return { task: name, threads: count, results };
      },
    })),
  );
}
