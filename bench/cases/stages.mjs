// What surrounds a forward: reading weights, making them ready, pictures in and out.

import { withThreads } from '../harness/entries.mjs';
import { interleave } from '../harness/interleave.mjs';

const STAGES = [
  { stage: 'load weights' },
  { stage: 'prepare', oursOnly: true },
  { stage: 'decode', picture: true },
  { stage: 'resize', picture: true },
  { stage: 'encode', picture: true },
];

export function stageCases({ entries, threads }) {
  const count = threads.at(-1);
  const taking = entries.filter(
    ({ id, kind, noFlags }) => (kind === 'ours' && !noFlags) || id === 'pytorch',
  );
  return STAGES.map(({ stage, picture, oursOnly }) => ({
    id: `stage ${stage}`,
    group: 'stages',
    run: async ({ space, ...options }) => {
      const file = picture ? { file: space.photograph() } : {};
      const task = { stage, weights: space.weights, shape: [1, 3, 256, 314], ...file };
      const results = await interleave(
        taking
          .filter(({ kind }) => kind === 'ours' || !oursOnly)
          .map((entry) => withThreads(entry, count)),
        task,
        { ...options, folder: space.folder, compares: false },
      );
      return { stage, threads: count, results };
    },
  }));
}
