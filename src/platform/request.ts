import { CycleganError } from '../errors.js';
import { abortReason, throwIfAborted } from './abortion.js';
import { shownAddress } from './address.js';
import { builtin } from './builtin.js';
import { DownloadError, downloadFailure, networkFailure, webPageError } from './downloadError.js';
import { type ProgressBounds, ProgressWatch } from './progressWatch.js';
import { utf8Bytes } from './text.js';
import { bearerFor, tokenHint } from './tokens.js';
import type { AbortSignalLike } from './webTypes.js';

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** A request ends when nothing came for so long. Default: 30 s. */
  readonly stallMilliseconds?: number;
  /** It also ends when so few bytes came in so much time. Default: 60 kB in a minute. */
  readonly leastRate?: ProgressBounds['leastRate'];
  /** Whether a redirect from http to https is followed; any other change of the scheme is refused. Default: false. */
  readonly allowHttps?: boolean;
  readonly signal?: AbortSignalLike;
}

export const MAX_REDIRECTS = 5;
const DEFAULT_STALL = 30_000;
const DEFAULT_MIN_RATE = { bytes: 60_000, milliseconds: 60_000 };
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/**
 * One request, from the connection to the last byte that `use` takes. Redirects are followed within the scheme.
 *
 * @param use Gets the answer, of whatever status, and its body piece by piece.
 * @throws DownloadError for what goes wrong on the way, the signal's reason after it fired, and what `use` throws.
 */
export async function request<T>(
  address: string,
  options: RequestOptions,
  use: (response: Response, pieces: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const { signal, stallMilliseconds = DEFAULT_STALL, leastRate = DEFAULT_MIN_RATE } = options;
  throwIfAborted(signal);
  const connection = new AbortController();
  const stop = () => connection.abort();
  signal?.addEventListener('abort', stop, { once: true });
  const watch = new ProgressWatch({ stallMilliseconds, leastRate }, stop);
  const explained = (error: unknown): unknown => {
    if (error instanceof CycleganError) return error;
    if (signal?.aborted) return abortReason(signal);
    if (watch.reason === null) return networkFailure(address, error);
    return downloadFailure(address, watch.reason, true, error);
  };
  try {
    const response = await followRedirects(address, options, connection.signal).catch(
      (error: unknown) => {
        throw explained(error);
      },
    );
    return await use(response, pieces(response, watch, explained));
  } finally {
    watch.end();
    signal?.removeEventListener('abort', stop);
    // An answer that was not read to its end would keep its connection open.
    stop();
  }
}

async function* pieces(
  response: Response,
  watch: ProgressWatch,
  explained: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  for (;;) {
    const { value } = await reader.read().catch((error: unknown) => {
      throw explained(error);
    });
    if (value === undefined) return;
    watch.came(value.length);
    yield value;
  }
}

async function followRedirects(
  address: string,
  options: RequestOptions,
  signal: AbortSignal,
): Promise<Response> {
  let target = credentialsApart(webUrl(address));
  // A page does not get to see redirects, but where they ended. What it may follow is the browser's decision.
  if (builtin('fs') === null) {
    const response = await fetch(target.url, { headers: headersFor(target, options), signal });
    refuseScheme(address, target.url, new URL(response.url), options);
    return response;
  }
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const { url } = target;
    const response = await fetch(url, {
      headers: headersFor(target, options),
      signal,
      redirect: 'manual',
    });
    const location = REDIRECTS.includes(response.status) ? response.headers.get('location') : null;
    if (location === null) return response;
    await response.body?.cancel();
    if (!URL.canParse(location, url)) throw redirectError(address, 'to what is no address');
    const next = new URL(location, url);
    refuseScheme(address, url, next, options);
    const { authorization } = target;
    target = credentialsApart(next);
    // A password is for the server that it was given for.
    if (next.origin === url.origin) target = { authorization, ...target };
  }
  throw redirectError(address, `more than ${MAX_REDIRECTS} times`);
}

function webUrl(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw downloadFailure(address, 'this is no address that begins with http:// or https://');
}

/** `fetch` refuses addresses with a name and password within; they go in a header (RFC 7617). */
function credentialsApart(from: URL): { url: URL; authorization?: string } {
  const url = new URL(from);
  if (url.username === '' && url.password === '') return withToken(url);
  const text = [url.username, url.password].map(decoded).join(':');
  url.username = '';
  url.password = '';
  const bytes = String.fromCharCode(...utf8Bytes(text));
  return { url, authorization: `Basic ${btoa(bytes)}` };
}

function withToken(url: URL): { url: URL; authorization?: string } {
  const authorization = bearerFor(url);
  return authorization === undefined ? { url } : { url, authorization };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function headersFor(
  { authorization }: { readonly authorization?: string },
  { headers }: RequestOptions,
): Record<string, string> {
  return { ...headers, ...(authorization === undefined ? {} : { authorization }) };
}

function refuseScheme(address: string, from: URL, to: URL, { allowHttps }: RequestOptions): void {
  if (to.protocol === from.protocol) return;
  if (allowHttps && from.protocol === 'http:' && to.protocol === 'https:') return;
  const shown = shownAddress(to.href);
  const remedy = /^https?:$/.test(to.protocol) ? `; if ${shown} is meant, give that address` : '';
  throw redirectError(
    address,
    `from ${from.protocol} to ${to.protocol}, which is not followed${remedy}`,
  );
}

function redirectError(address: string, what: string): DownloadError {
  return new DownloadError(
    'ERR_DOWNLOAD_REDIRECT',
    `${shownAddress(address)}: the server redirects ${what}.`,
  );
}

/** @throws DownloadError for any other status than those, and for a web page. */
export function checkAnswer(
  address: string,
  { status, statusText, headers }: Response,
  taken: readonly number[] = [200],
): void {
  if (!taken.includes(status)) {
    const what = `the server answers ${status} ${statusText}`.trimEnd();
    throw downloadFailure(address, `${what}${tokenHint(address, status)}`, status >= 500);
  }
  if (/^text\/html\b/i.test(headers.get('content-type') ?? '')) throw webPageError(address);
}

/** Whether the length that is announced is that of something packed, and not of the file. */
export function isPacked(headers: Headers): boolean {
  return (headers.get('content-encoding') ?? 'identity') !== 'identity';
}

/** Bytes of the file, where the server tells; it may lie. */
export function announcedBytes(headers: Headers): number | null {
  return isPacked(headers) ? null : wholeNumber(headers.get('content-length'));
}

export function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
