import { refusalOf } from '../http/guard.js';
import type { WebRequest } from '../platform/webTypes.js';
import type { ServiceOptions } from './options.js';
import { ServiceError } from './serviceError.js';

type AccessOptions = Pick<ServiceOptions, 'hosts' | 'token' | 'allowOrigins'>;

/** For how long browsers need not ask again, in seconds. */
const PREFLIGHT_AGE = 600;
const SHOWN_HEADERS = 'X-Request-Id, Server-Timing, Retry-After, Cyclegan-Notes';

/**
 * Holds a request to where it may come from, and go to. A page from elsewhere can send requests to any server that its visitor can
 * reach; its browser then names the page as the origin, or, where a name was made to lead here, that name as the host.
 *
 * @throws ServiceError 403 for another host, or a page of another origin.
 */
export function checkOrigin(request: WebRequest, { hosts, allowOrigins }: AccessOptions): void {
  const origin = request.headers.get('origin');
  // Adapters may have made the address of the header, or leave the header out: then the address says it.
  const host = request.headers.get('host') ?? new URL(request.url).host;
  const isAllowed = origin === null || allowOrigins.includes(origin);
  const headers = { host, origin: isAllowed ? undefined : withoutScheme(origin) };
  const refusal = refusalOf({ headers }, hosts?.() ?? [host.toLowerCase()]);
  if (refusal !== null) throw new ServiceError(refusal.status, 'ERR_REQUEST_ACCESS', refusal.why);
}

/** Behind what ends TLS, a page of this very service has https, and the service does not know of it. */
function withoutScheme(origin: string): string {
  return origin.replace(/^https:/, 'http:');
}

/** @throws ServiceError 401 without the token. */
export function checkToken(request: WebRequest, { token }: AccessOptions): void {
  if (token === null) return;
  const [, given = ''] =
    /^Bearer +(\S+) *$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  if (isSame(given, token)) return;
  throw new ServiceError(401, 'ERR_REQUEST_ACCESS', 'The request needs the token of the service.', {
    'WWW-Authenticate': 'Bearer',
  });
}

/** How long it takes tells nothing of where two texts differ. */
function isSame(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < b.length; i++)
    difference |= a.charCodeAt(i % (a.length || 1)) ^ b.charCodeAt(i);
  return difference === 0;
}

/** What a page of an allowed origin needs to read the answer. */
export function corsHeaders(
  request: WebRequest,
  { allowOrigins }: AccessOptions,
): Record<string, string> {
  if (allowOrigins.length === 0) return {};
  const origin = request.headers.get('origin');
  if (origin === null || !allowOrigins.includes(origin)) return { Vary: 'Origin' };
  return {
    Vary: 'Origin',
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Expose-Headers': SHOWN_HEADERS,
  };
}

/** What a browser asks before it sends a page's request. @param methods `GET, HEAD`. */
export function preflightHeaders(methods: string): Record<string, string> {
  return {
    'Access-Control-Allow-Methods': methods,
    'Access-Control-Allow-Headers': 'Authorization, Content-Type, Accept, X-Request-Id',
    'Access-Control-Max-Age': String(PREFLIGHT_AGE),
  };
}
