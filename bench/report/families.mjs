// Generators of other families: time and memory against ONNX Runtime's.
import { figuresOf } from './figures.mjs';
import { groupOf, labelOf, sizeOf, table, threadsOf } from './words.mjs';

/** Whose time and memory are 1. */
const MEASURE = 'ort-node';

export const familyFigures = (found) => figuresOf(found, MEASURE);

/** The section's heading. */
export const FAMILIES = 'Generators of other families';

export function families(results) {
  const cases = groupOf(results, 'families');
  if (cases.length === 0) return '';
  const rows = cases.flatMap((found) =>
    familyFigures(found).map(({ id, fastest, ratio, memory, memoryRatio }) => [
      `${found.network}, ${sizeOf(found)}, ${threadsOf(found)}`,
      labelOf(id),
      fastest.toFixed(0),
      ratio.toFixed(2),
      (memory / 1e6).toFixed(0),
      memoryRatio.toFixed(2),
    ]),
  );
  const { machine, nodes, build, date } = results;
  const versions = nodes.map(({ node }) => `Node ${node}`).join(', ');
  const head = ['', '', 'fastest, ms', 'time, of its', 'peak memory, MB', 'memory, of its'];
  return `## ${FAMILIES}

The fastest run of each, and the most memory of the process, as multiples of ${labelOf(MEASURE)}'s; commit
${build}, ${machine.cpu}, ${versions}, ${date.slice(0, 10)}.

${table(head, rows)}`;
}
