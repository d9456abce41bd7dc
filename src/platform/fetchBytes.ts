import { collect } from './collect.js';
import { downloadFailure, wrongSize } from './downloadError.js';
import type { ProgressBounds } from './progressWatch.js';
import { announcedBytes, checkAnswer, request } from './request.js';
import type { AbortSignalLike } from './webTypes.js';

export interface FetchProgress {
  /** Bytes that have come. */
  readonly received: number;
  /** `null` where the server does not tell. */
  readonly total: number | null;
}

export interface FetchOptions {
  /** Longer files are refused, whatever their server says of their length. */
  readonly maxBytes: number;
  readonly stallMilliseconds?: number;
  /** It also ends when so few bytes came in so much time. Default: 60 kB in a minute. */
  readonly leastRate?: ProgressBounds['leastRate'];
  readonly signal?: AbortSignalLike;
  /** Called when the server has answered, and with each piece. */
  readonly onProgress?: (progress: FetchProgress) => void;
}

/**
 * The file at an address, into memory; tried once.
 * @throws DownloadError, with the address but without what could be secret in it; the signal's reason after it fired.
 */
export async function fetchBytes(
  address: string,
  { maxBytes, stallMilliseconds, leastRate, signal, onProgress }: FetchOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const headers = { 'accept-encoding': 'identity' };
  const options = { headers, stallMilliseconds, leastRate, signal };
  return request(address, options, async (response, pieces) => {
    checkAnswer(address, response);
    const total = announcedBytes(response.headers);
    const onTooMany = () => {
      const length = total === null || total <= maxBytes ? 'more bytes come' : `${total} bytes`;
      return wrongSize(address, `the file is too long (${length}): at most ${maxBytes} are taken`);
    };
    if (total !== null && total > maxBytes) throw onTooMany();
    onProgress?.({ received: 0, total });
    const onReceived = (received: number) => onProgress?.({ received, total });
    const bytes = await collect(pieces, { maxBytes, onTooMany, onReceived, signal });
    if (bytes.length < (total ?? 0)) {
      const what = `the answer ended after ${bytes.length} of ${total} bytes`;
      throw downloadFailure(address, what, true);
    }
    return bytes;
  });
}
