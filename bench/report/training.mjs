// Training: time and memory against PyTorch's.
import { figuresOf } from './figures.mjs';
import { groupOf, labelOf, table, threadsOf } from './words.mjs';

/** Whose time is 1. */
const MEASURE = 'pytorch';

export const trainingFigures = (found) => figuresOf(found, MEASURE);

/** The section's heading. */
export const TRAINING = 'Training';

export function training(results) {
  const cases = groupOf(results, 'training');
  if (cases.length === 0) return '';
  const { machine, build } = results;
  const rows = cases.flatMap((found) =>
    trainingFigures(found).map(({ id, fastest, ratio, memory }) => [
      `${found.task}, ${threadsOf(found)}`,
      labelOf(id),
      fastest.toFixed(1),
      ratio.toFixed(2),
      (memory / 1e6).toFixed(0),
    ]),
  );
  const head = ['', '', 'fastest, ms', 'time, of its', 'peak memory, MB'];
  return `## ${TRAINING}

An iteration of a CycleGAN (ngf 64, 9 blocks, ndf 64, batch 1): both generators with their six losses, then each
discriminator, and the steps of both optimisers. The weight gradient is that of a residual layer, 256 to 256 channels, 3x3, at
64 x 64. The fastest run of each, and times as multiples of ${labelOf(MEASURE)}'s; commit ${build}, ${machine.cpu}.

${table(head, rows)}`;
}
