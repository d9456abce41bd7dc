// Pictures that are large: what the whole command takes, with and without a limit of its memory.
import { table } from './words.mjs';

/** The section's heading. */
export const LARGE_PICTURES = 'Large pictures';

const MODELS = { full: 'default generator', 'built in': 'built-in model' };

/** @param kept What `bench/memory.mjs --keep` has measured. */
export function largePictures({ machine, node, threads, rows }) {
  const lines = rows.map(({ size, model, limit, megabytes, seconds, ratio }) => [
    `${size.replace('x', ' x ')}, ${MODELS[model]}`,
    limit === null ? '' : `--memory ${limit}`,
    megabytes.toFixed(0),
    seconds.toFixed(1),
    ratio === null ? '' : `${ratio.toFixed(2)}x`,
  ]);
  const head = ['', '', 'peak memory, MB', 'time, s', 'time of a pixel'];
  return `## ${LARGE_PICTURES}

The whole command, from PNG to PNG, ${threads} threads, Node ${node}, ${machine.cpu}. Without an option, it keeps to 768 MB, or to half of what is free,
and puts what does not fit into a file beside the output. The time of a pixel is a multiple of what it takes at 1000 x 1000, where nothing
is saved.

${table(head, lines)}`;
}
