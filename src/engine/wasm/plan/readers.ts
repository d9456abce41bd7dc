import { type FusedValue, isFlatValue } from '../../shared/fuse/flatValue.js';
import type { Stored } from '../../shared/fuse/lazyValue.js';
import type { FusedStep } from '../../shared/fuse/steps.js';

/** The steps that read each value, as their source or besides. */
export function readersOf(steps: readonly FusedStep[]): Map<Stored, FusedStep[]> {
  const readers = new Map<Stored, FusedStep[]>();
  for (const step of steps) {
    const sources = sourcesOf(step).flatMap((source) => (isFlatValue(source) ? [] : [source]));
    const besides = [
      ...('by' in step && !isFlatValue(step.by) ? [step.by] : []),
      ...('divisor' in step ? [step.divisor] : []),
      ...(step.kind === 'maxima' ? [step.gradient] : []),
      ...('gradientSums' in step && step.gradientSums !== null ? [step.gradientSums.of] : []),
      ...(step.kind === 'gradientSums' ? [step.of] : []),
    ];
    const read = sources.flatMap(({ core: { stored, pending } }) => [
      stored,
      ...pending.flatMap((operation) => ('other' in operation ? [operation.other] : [])),
    ]);
    for (const value of [...read, ...besides])
      readers.set(value, [...(readers.get(value) ?? []), step]);
  }
  return readers;
}

function sourcesOf(step: FusedStep): readonly FusedValue[] {
  if ('sources' in step) return step.sources;
  if (step.kind === 'weightGradient') return [step.source, step.gradient];
  return 'source' in step ? [step.source] : [];
}
