// How time grows with pixels and pictures, and falls with threads.
import { ratioByTurn } from '../harness/statistics.mjs';
import { groupOf, labelOf, sizeOf, table, threadsOf } from './words.mjs';

export function scaling(results) {
  const cases = groupOf(results, 'scaling');
  if (cases.length === 0) return '';
  const [{ ways, usual }] = cases;
  const most = usual.threads;
  const others = ways.filter((way) => way.id !== usual.id);
  return `## How it scales

Times as multiples of that for the book's photograph, ${sizeOf(usual)}, on ${threadsOf(usual)}, all interleaved, so that minutes in
which the machine is slower count for all alike. *For a pixel* is 1 where time grows with the pixels.

${table(
  ['', ...others.map(headOf)],
  cases.map(({ node, results: found }) => [
    labelOf(node),
    ...others.map((way) => {
      const [a, b] = [found[way.id], found[usual.id]];
      if (a?.times === undefined || b?.times === undefined) return '–';
      const ratio = ratioByTurn(a.times, b.times);
      const pixels = (way.width * way.height) / (usual.width * usual.height);
      return (isSize(way) ? ratio / pixels : ratio).toFixed(2);
    }),
  ]),
)}`;

  function isSize({ threads, pictures }) {
    return threads === most && pictures === 1;
  }

  function headOf(way) {
    if (isSize(way)) return `${sizeOf(way)}, for a pixel`;
    return way.pictures > 1 ? `${way.pictures} pictures at once` : threadsOf(way);
  }
}
