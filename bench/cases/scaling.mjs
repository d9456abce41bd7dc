// How this project's time grows with pixels and pictures, and falls with threads: all of it in turns, since a machine that is slower
// for some minutes would otherwise be taken for a larger picture's cost.

import { withThreads } from '../harness/entries.mjs';
import { interleave } from '../harness/interleave.mjs';
import { MAIN_SIZE, SIZES } from './forward.mjs';

const PICTURES = 4;

export function scalingCases({ entries, threads }) {
  const most = threads.at(-1);
  const way = (size, count, pictures = 1) => {
    const [width, height] = size.split('x').map(Number);
    return {
      id: `${size}, threads ${count}, pictures ${pictures}`,
      width,
      height,
      threads: count,
      pictures,
    };
  };
  const usual = way(MAIN_SIZE, most);
  const ways = [
    usual,
    ...threads.slice(0, -1).map((count) => way(MAIN_SIZE, count)),
    ...SIZES.filter((size) => size !== SIZES[0] && size !== MAIN_SIZE).map((size) =>
      way(size, most),
    ),
    way(MAIN_SIZE, most, PICTURES),
  ];
  const ours = entries.filter(({ kind, noFlags }) => kind === 'ours' && !noFlags);
  return ours.map((entry) => ({
    id: `scaling of ${entry.id}`,
    group: 'scaling',
    run: async ({ space, ...given }) => {
      const runners = ways.map(({ id, width, height, threads, pictures }) => ({
        ...withThreads(entry, threads),
        id,
        task: space.forwardTask(width, height, pictures),
      }));
      const options = { ...given, folder: space.folder, compares: false };
      return { node: entry.id, usual, ways, results: await interleave(runners, null, options) };
    },
  }));
}
