import type { ValueRange } from '../../generator/family.js';
import type { PipelineOptions } from '../../translate/pipeline.js';
import { formatRange } from '../formatRange.js';

/** What the network was given, for a line about a picture: `network input 314x256 in 0..1`, with the filter if it is not the usual one. */
export function describeInput(
  { width, height }: { readonly width: number; readonly height: number },
  range: ValueRange,
  { interpolation = 'bilinear' }: PipelineOptions,
): string {
  const filter = interpolation === 'bilinear' ? '' : ` (${interpolation})`;
  return `network input ${width}x${height}${filter} in ${formatRange(range)}`;
}
