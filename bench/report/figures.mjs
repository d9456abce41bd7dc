import { ratioOfFastest } from '../harness/statistics.mjs';

/**
 * What a case has of each contestant that worked: `{ id, fastest, ratio, memory, memoryRatio }`.
 * @param measureId Whose time and memory are 1.
 */
export function figuresOf({ results }, measureId) {
  const measure = results[measureId];
  return Object.entries(results)
    .filter(([, { times }]) => times?.length > 0)
    .map(([id, { times, memory }]) => ({
      id,
      fastest: Math.min(...times),
      ratio: measure?.times === undefined ? Number.NaN : ratioOfFastest(times, measure.times),
      memory,
      memoryRatio: measure?.memory === undefined ? Number.NaN : memory / measure.memory,
    }));
}
