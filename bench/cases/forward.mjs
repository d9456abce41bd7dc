// Whole forwards of the generator, each runner at each size that it ends in reasonable time.

import { hasTorch, PYTHON, RUNTIMES, withThreads } from '../harness/entries.mjs';
import { interleave } from '../harness/interleave.mjs';
import { Runner } from '../harness/runner.mjs';

/** 64 x 64 is for slow runners; 314 x 256 is the book's photograph. */
export const SIZES = ['64x64', '128x128', '256x256', '314x256', '512x512', '1024x1024'];
/** The size of which every way of running is shown. */
export const MAIN_SIZE = '314x256';

/**
 * What a usual run leaves out, on one thread and on several: most of it is in `scaling.mjs` for this project, and what needs the
 * smallest has one thread.
 */
const FULL_ONLY = ['256x256', '512x512', '1024x1024'];
const FULL_ONLY_OF_SEVERAL = ['64x64', '256x256', '512x512'];
/** What takes about so many seconds or more is in a usual run with the main size and the smallest only. */
const SLOW = { native: 5, ours: 5, web: 0.7, plain: 0.7 };

export function forwardCases({ entries, threads, full }) {
  const mostSeconds = full ? 300 : 9;
  return threads.flatMap((count) =>
    SIZES.filter(
      (size) => full || !(count > 1 ? FULL_ONLY_OF_SEVERAL : FULL_ONLY).includes(size),
    ).map((size) => {
      const [width, height] = size.split('x').map(Number);
      const seconds = (entry) =>
        (entry.seconds * width * height) / 1e6 / (entry.oneThread ? 1 : count);
      const taking = entries.filter(
        (entry) =>
          !(entry.oneThread && count > 1) &&
          seconds(entry) <= mostSeconds &&
          (full || seconds(entry) <= SLOW[entry.kind] || [SIZES[0], MAIN_SIZE].includes(size)) &&
          (full || !entry.noFlags || size === MAIN_SIZE) &&
          (full ||
            entry.id !== 'ort-node-phases' ||
            (count === threads.at(-1) && size === MAIN_SIZE)),
      );
      return {
        id: `forward ${size}, threads ${count}`,
        group: 'forward',
        run: (context) => runForward(taking, { width, height, threads: count }, context),
      };
    }),
  );
}

async function runForward(entries, { width, height, threads }, { space, ...options }) {
  if (hasTorch() && entries.some(({ id }) => id === 'ort-node-phases')) {
    space.makePhaseModel(PYTHON, `${RUNTIMES}/pytorch.py`, width, height);
  }
  const task = space.forwardTask(width, height);
  const runners = entries.map((entry) => withThreads(entry, threads));
  const results = await interleave(runners, task, { ...options, folder: space.folder });
  return { width, height, threads, results };
}

/** Which of its kernels oneDNN takes for PyTorch: what it says when it is asked to be verbose. */
export async function oneDnnKernels(space) {
  const entry = withThreads({ id: 'pytorch', script: 'pytorch.py', args: ['THREADS'] }, 1);
  // The older name is read, too.
  const env = { ONEDNN_VERBOSE: '1', DNNL_VERBOSE: '1' };
  const runner = await new Runner({ ...entry, env }).start();
  try {
    await runner.ask({ do: 'prepare', task: space.forwardTask(314, 256) });
    await runner.run();
    const counts = new Map();
    for (const line of runner.remarks) {
      const [, action, , primitive, kernel] = line.split(',');
      if (!/^(one)?dnn/.test(line) || action !== 'exec') continue;
      const name = `${primitive} ${kernel}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return Object.fromEntries(counts);
  } finally {
    runner.stop();
  }
}
