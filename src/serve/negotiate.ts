import { ServiceError } from './serviceError.js';

/** Media types of results, by extension; the first is what those get who take anything. */
export const RESULT_TYPES: ReadonlyMap<string, string> = new Map([
  ['.png', 'image/png'],
  ['.jpg', 'image/jpeg'],
  ['.webp', 'image/webp'],
  ['.tif', 'image/tiff'],
]);

interface Range {
  readonly type: string;
  readonly quality: number;
}

/**
 * The extension of the result by what a client accepts.
 * @throws ServiceError 406 where nothing that is written is accepted.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
 */
export function acceptedExtension(accept: string | null): string {
  const ranges = rangesOf(accept ?? '*/*');
  const [best] = [...RESULT_TYPES]
    .map(([extension, type]) => ({ extension, quality: qualityOf(type, ranges) }))
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality);
  if (best !== undefined) return best.extension;
  throw new ServiceError(
    406,
    'ERR_REQUEST',
    `Results are ${[...RESULT_TYPES.values()].join(', ')}; Accept allows none of them.`,
  );
}

function rangesOf(accept: string): Range[] {
  return accept.split(',').map((part) => {
    const [type = '', ...parameters] = part.split(';').map((word) => word.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    const quality = weight === undefined ? 1 : Number(weight.slice(2));
    return { type, quality: quality >= 0 && quality <= 1 ? quality : 0 };
  });
}

/** The most specific range counts. */
function qualityOf(type: string, ranges: readonly Range[]): number {
  for (const wanted of [type, 'image/*', '*/*']) {
    const range = ranges.find((one) => one.type === wanted);
    if (range !== undefined) return range.quality;
  }
  return 0;
}
