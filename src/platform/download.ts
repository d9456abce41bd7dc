import { abortReason } from './abortion.js';
import { shownAddress } from './address.js';
import { requireBuiltin } from './builtin.js';
import { DownloadError, downloadFailure, webPageError, wrongSize } from './downloadError.js';
import type { FetchProgress } from './fetchBytes.js';
import { withFileLock } from './fileLock.js';
import { makeFolder } from './files.js';
import { PartFile, partPath } from './partFile.js';
import type { PartOrigin } from './partNote.js';
import { announcedBytes, checkAnswer, isPacked, request, wholeNumber } from './request.js';
import { fileSha256 } from './sha256.js';
import { textOf } from './text.js';
import type { AbortSignalLike } from './webTypes.js';

export interface DownloadOptions {
  /** Length that the file must have. */
  readonly bytes?: number;
  /** Digest that the file must have, in hexadecimal, or the first digits of it. */
  readonly sha256?: string;
  /** Whether a file that is there by the end may be replaced. Default: true. */
  readonly replace?: boolean;
  /** Longer files are refused. Default: 2 GiB. */
  readonly limit?: number;
  /** An attempt ends when nothing came for so long. Default: 30 s. */
  readonly stallMilliseconds?: number;
  /** It also ends when so few bytes came in so much time. Default: 60 kB in a minute. */
  readonly leastRate?: { readonly bytes: number; readonly milliseconds: number };
  /** How long to wait before each further attempt; as many as there are numbers. */
  readonly pauses?: readonly number[];
  readonly signal?: AbortSignalLike;
  readonly onProgress?: (progress: FetchProgress) => void;
  /** An attempt failed, and another one follows after so many milliseconds. */
  readonly onRetry?: (failure: DownloadError, pause: number) => void;
  /**
   * Looks at the whole file before it gets its name. What it throws ends the download, but for a `DownloadError` over a
   * mixed file, after which it is fetched anew.
   */
  readonly accept?: (path: string, file: { readonly mixed: boolean }) => Promise<void>;
}

const LIMIT = 2 ** 31;

/** Pauses that double, from half a second to half a minute. */
export function growingPauses(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => Math.min(500 * 2 ** i, 30_000));
}

/**
 * Fetches one address into one file: as a whole or not at all. What has come before an attempt fails stays
 * beside the target as `.part`, and the next one asks for the rest.
 *
 * @returns The file's length and SHA-256, and whether it is mixed: whether its bytes came in several answers, and neither
 * the server nor a digest says that they are of one version.
 * @throws DownloadError, FileError when it cannot be written, the signal's reason after it fired.
 */
export async function download(
  url: string,
  target: string,
  options: DownloadOptions = {},
): Promise<{ bytes: number; sha256: string; mixed: boolean }> {
  await makeFolder(target);
  return withFileLock(`${partPath(target)}.lock`, async () => {
    const part = await PartFile.open(target, url);
    try {
      const sha256 = await retrying(options, () => fetchWhole(url, part, options));
      await part.publish({ replace: options.replace ?? true });
      return { bytes: part.size, sha256, mixed: isMixed(part, options) };
    } finally {
      await part.close();
    }
  });
}

function isMixed({ joined, isPromised }: PartFile, { sha256 }: DownloadOptions): boolean {
  return joined && !isPromised && sha256 === undefined;
}

async function retrying<T>(
  { pauses = growingPauses(4), signal, onRetry }: DownloadOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  for (const pause of pauses) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof DownloadError) || !error.transient) throw error;
      onRetry?.(error, pause);
      await sleep(pause, signal);
    }
  }
  return attempt();
}

/** One attempt: the bytes that are missing, and a look at the whole. Gives its SHA-256. */
async function fetchWhole(url: string, part: PartFile, options: DownloadOptions): Promise<string> {
  const whole = options.bytes ?? part.origin?.total;
  if (part.size === 0 || part.size !== whole) await fetchRest(url, part, options);
  return verify(url, part, options);
}

async function fetchRest(url: string, part: PartFile, options: DownloadOptions): Promise<void> {
  const { signal, stallMilliseconds, leastRate } = options;
  const headers = requestHeaders(part);
  // A model's address stands in a list: whoever asks for its name cannot give a newer one.
  const connection = { headers, stallMilliseconds, leastRate, signal, allowHttps: true };
  await request(url, connection, async (response, pieces) => {
    const total = await openAnswer(url, response, part, options);
    for await (const piece of pieces) {
      await refuseMore(url, part, piece.length, total, options);
      await part.append(piece);
      options.onProgress?.({ received: part.size, total });
    }
    const whole = options.bytes ?? total ?? 1;
    if (part.size < whole) {
      throw downloadFailure(url, `the answer ended after ${part.size} of ${whole} bytes`, true);
    }
  });
}

function requestHeaders({ size, origin }: PartFile): Record<string, string> {
  // Lengths shall be those of the file, not of something packed. With a range, fetch asks for that itself.
  if (size === 0 || origin === null) return { 'accept-encoding': 'identity' };
  const headers: Record<string, string> = { range: `bytes=${size}-` };
  // A weak tag does not promise the same bytes; it must not stand here.
  const version = origin.etag?.startsWith('"') ? origin.etag : origin.lastModified;
  if (version !== null) headers['if-range'] = version;
  return headers;
}

/** Makes the part ready for the body: to go on, or from the beginning. Gives the length of the whole. */
async function openAnswer(
  url: string,
  response: Response,
  part: PartFile,
  options: DownloadOptions,
): Promise<number | null> {
  const { status, headers } = response;
  if (status === 416 && part.size > 0) {
    await part.reset();
    throw downloadFailure(url, 'what was begun does not fit the file any more', true);
  }
  checkAnswer(url, response, part.size > 0 ? [200, 206] : [200]);
  if (status === 206) return goOn(url, headers, part);
  const packed = isPacked(headers);
  const origin: PartOrigin = {
    url,
    etag: packed ? null : headers.get('etag'),
    lastModified: packed ? null : headers.get('last-modified'),
    total: announcedBytes(headers),
    ranges: headers.get('accept-ranges')?.toLowerCase() ?? null,
  };
  refuseLength(url, origin.total, options);
  await part.begin(origin);
  return origin.total;
}

/** The answer must be the rest of the very file that was begun. */
async function goOn(url: string, headers: Headers, part: PartFile): Promise<number | null> {
  const [, start, , whole] =
    /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
  const etag = headers.get('etag');
  const { origin } = part;
  const total = wholeNumber(whole ?? null) ?? origin?.total ?? null;
  const same =
    Number(start) === part.size &&
    total === (origin?.total ?? total) &&
    (etag === null || etag === (origin?.etag ?? etag));
  if (!same) {
    await part.reset();
    throw downloadFailure(url, 'the file has changed since it was begun', true);
  }
  part.join();
  return total;
}

function refuseLength(
  url: string,
  total: number | null,
  { bytes, limit = LIMIT }: DownloadOptions,
): void {
  if (total === null) return;
  if (total > limit) {
    throw wrongSize(url, `the file has ${total} bytes; more than ${limit} are not fetched`);
  }
  if (total !== (bytes ?? total)) {
    throw wrongSize(url, `the file has ${total} bytes, but should have ${bytes}`);
  }
}

/** Headers may lie, or say nothing. */
async function refuseMore(
  url: string,
  part: PartFile,
  coming: number,
  total: number | null,
  { bytes, limit = LIMIT }: DownloadOptions,
): Promise<void> {
  const most = Math.min(limit, bytes ?? limit, total ?? limit);
  if (part.size + coming <= most) return;
  await part.reset();
  throw wrongSize(url, `more than ${most} bytes come`);
}

async function verify(url: string, part: PartFile, options: DownloadOptions): Promise<string> {
  const { sha256, accept } = options;
  if (await beginsAsHtml(part.path)) {
    await part.reset();
    throw webPageError(url);
  }
  const found = await fileSha256(part.path);
  if (!found.startsWith(sha256?.toLowerCase() ?? '')) {
    // What was there before may have been at fault: that deserves another attempt, from the beginning.
    const transient = part.joined;
    await part.reset();
    throw new DownloadError(
      'ERR_DOWNLOAD_DIGEST',
      `${shownAddress(url)}: the file's SHA-256 is ${found}, but should be ${sha256}.`,
      { transient },
    );
  }
  const mixed = isMixed(part, options);
  try {
    await accept?.(part.path, { mixed });
  } catch (error) {
    await part.reset();
    if (!mixed || !(error instanceof DownloadError)) throw error;
    throw new DownloadError(error.code, error.message, { transient: true, cause: error });
  }
  return found;
}

async function beginsAsHtml(path: string): Promise<boolean> {
  const fs = requireBuiltin('fs/promises', `Reading ${path}`);
  const file = await fs.open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(512), 0, 512, 0);
    // The decoder drops a byte order mark.
    const text = textOf(buffer.subarray(0, bytesRead));
    return /^\s*(<!doctype|<html)/i.test(text);
  } finally {
    await file.close();
  }
}

function sleep(milliseconds: number, signal?: AbortSignalLike): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (act: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      act();
    };
    const stop = () => end(() => reject(abortReason(signal)));
    const timer = setTimeout(() => end(resolve), milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
