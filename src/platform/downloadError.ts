import type { ErrorCode } from '../errorCodes.js';
import { CycleganError } from '../errors.js';
import { shownAddress } from './address.js';
import { builtin } from './builtin.js';
import { errorCode } from './fileError.js';
import { proxyHint } from './proxy.js';

/**
 * An address did not give a file. `code` is `ERR_DOWNLOAD` when it gave nothing, `ERR_DOWNLOAD_HTML` when it gave a
 * web page, `ERR_DOWNLOAD_REDIRECT` when it led elsewhere, `ERR_DOWNLOAD_SIZE`, `ERR_DOWNLOAD_DIGEST` and
 * `ERR_DOWNLOAD_TYPE` when it gave another file.
 */
export class DownloadError extends CycleganError {
  override readonly name = 'DownloadError';
  /** Whether it may go well the next time. */
  readonly transient: boolean;

  constructor(
    code: ErrorCode,
    message: string,
    options: ErrorOptions & { transient?: boolean } = {},
  ) {
    super(code, message, options);
    this.transient = options.transient ?? false;
  }
}

export function downloadFailure(
  url: string,
  what: string,
  transient = false,
  cause?: unknown,
): DownloadError {
  return new DownloadError('ERR_DOWNLOAD', `${shownAddress(url)}: ${what}.`, { transient, cause });
}

export function webPageError(url: string): DownloadError {
  return new DownloadError(
    'ERR_DOWNLOAD_HTML',
    `${shownAddress(url)}: this gives a web page (HTML), not the file; perhaps the network wants a sign-in, or the file has moved.`,
  );
}

export function wrongSize(url: string, what: string): DownloadError {
  return new DownloadError('ERR_DOWNLOAD_SIZE', `${shownAddress(url)}: ${what}.`);
}

/** `fetch` says little itself; what it was is in the cause. An address that it does not take has no code there. */
export function networkFailure(url: string, error: unknown): DownloadError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = errorCode(cause);
  const reason = cause instanceof Error ? cause.message || String(code) : String(cause);
  const hint =
    builtin('fs') === null ? '; a page may fetch only what its server allows (CORS)' : '';
  const what = `it cannot be fetched (${reason})${hint}${proxyHint(url)}`;
  return downloadFailure(url, what, typeof code === 'string', error);
}
