import type { UrlLike, WebRequest, WebResponse } from '../platform/webTypes.js';
import { checkOrigin, checkToken, corsHeaders, preflightHeaders } from './access.js';
import { Admission } from './admission.js';
import { Metrics } from './metrics.js';
import { completeOptions, type HandlerOptions, type ServiceOptions } from './options.js';
import { CLIENT_GONE, problemOf, problemResponse } from './problem.js';
import { ROUTES, type Route } from './routes.js';
import type { Service } from './service.js';
import { ServiceError } from './serviceError.js';
import type { Noted } from './translateRoute.js';
import { inlineTranslator } from './translator/inlineTranslator.js';
import { ThreadTranslator } from './translator/threadTranslator.js';
import { threadFile } from './translator/translationThread.js';
import type { ModelReport, Translator } from './translator/translator.js';

/** Answers requests, and knows of its own end. */
export interface Handler {
  (request: WebRequest): Promise<WebResponse>;
  /** What is served, once it is open; fails with what is wrong with a model. Requests that come before wait for it. */
  readonly ready: Promise<readonly ModelReport[]>;
  /**
   * Takes no more pictures (503, and `/readyz` says so), and comes when those that it has taken are answered. Then its threads
   * have ended.
   */
  drain(): Promise<void>;
}

/**
 * A service that translates pictures, as a function from a web `Request` to a `Response`: it mounts wherever such are spoken.
 * `POST /v1/translate` takes a picture's bytes, or a form with one as `picture`, and gives the result's; the query has the options of
 * the command that change one picture. `/v1/models`, `/openapi.json`, `/docs`, `/livez`, `/readyz` and `/metrics` are there, too.
 * Errors are problem documents (RFC 9457) with this library's codes. Nothing that a request names is opened or fetched.
 *
 * Weight files get threads of their own in Node, so that the calling one only answers; elsewhere, in bundles, and for generators
 * that are open already, decoding and encoding happen between requests.
 *
 * ```ts
 * const handler = createHandler({ models: { zebra: 'horse2zebra.pth' } });
 * const [{ name, family }] = await handler.ready;
 * [name, family]; // ['zebra', 'resnet']
 * await handler.drain();
 * ```
 *
 * ```ts no-run
 * export default { fetch: handler };    // Deno, Bun, workers; docs/serving.md has Node, Hono, Fastify and Next
 * ```
 *
 * @throws CycleganError `ERR_SERVICE` for an option that is not taken. What is wrong with a model, `ready` fails with.
 */
export function createHandler(options: HandlerOptions): Handler {
  return handlerWithThreads(options, threadFile());
}

/**
 * The same with threads that run `file`, which has to call `serveTranslations` where `isTranslationThread` tells; `null`: without.
 */
export function handlerWithThreads(options: HandlerOptions, file: UrlLike | null): Handler {
  const complete = completeOptions(options);
  const translator = translatorFor(complete, file);
  const reports = translator.open();
  // Callers may look at it later.
  reports.catch(() => undefined);
  const { concurrency, queue } = complete;
  const service: Service = {
    options: complete,
    admission: new Admission({ concurrency, queue }),
    metrics: new Metrics(),
    translator,
    reports,
  };
  const handle = (request: WebRequest) => answer(request, service);
  const drain = async () => {
    await service.admission.drain();
    translator.end();
  };
  return Object.assign(handle, { ready: reports, drain });
}

function translatorFor(options: ServiceOptions, file: UrlLike | null): Translator {
  const { models, engine, concurrency, maxPixels, maxNetworkPixels } = options;
  const limits = { maxPixels, maxNetworkPixels };
  const setup = { models: [...models], engine, limits };
  const isOpened = [...models.values()].some((source) => 'module' in Object(source));
  if (file === null || isOpened) return inlineTranslator(setup);
  return new ThreadTranslator(concurrency, new URL(file.href), setup);
}

async function answer(request: WebRequest, service: Service): Promise<WebResponse> {
  const begin = performance.now();
  const requestId = idOf(request);
  const url = new URL(request.url);
  const path = pathIn(url, service.options);
  const route = path === null ? undefined : ROUTES.get(path);
  const noted: Noted = {};
  let failure: unknown;
  const response = await respond(request, url, route, service, noted).catch((error: unknown) => {
    failure = error;
    return problemResponse(error, problemOf(error, requestId));
  });
  finish(response, request, requestId, service);
  const milliseconds = performance.now() - begin;
  const { status } = response;
  service.metrics.count(route?.name ?? 'other', status, milliseconds);
  service.options.log({
    time: new Date().toISOString(),
    level: status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info',
    requestId,
    method: request.method,
    path: url.pathname,
    status,
    milliseconds: tenths(milliseconds),
    ...noted,
    ...(noted.stages === undefined ? {} : { stages: mapTenths(noted.stages) }),
    ...(failure === undefined ? {} : told(failure, requestId)),
  });
  return response;
}

async function respond(
  request: WebRequest,
  url: URL,
  route: Route | undefined,
  service: Service,
  noted: Noted,
): Promise<WebResponse> {
  const { method } = request;
  checkOrigin(request, service.options);
  if (route === undefined) {
    throw new ServiceError(
      404,
      'ERR_REQUEST',
      'There is nothing at this address; /docs has what there is.',
    );
  }
  const allowed = route.method === 'GET' ? 'GET, HEAD' : route.method;
  if (method === 'OPTIONS') {
    const headers = { Allow: `${allowed}, OPTIONS`, ...preflightHeaders(allowed) };
    return new Response(null, { status: 204, headers });
  }
  if (!allowed.split(', ').includes(method)) {
    throw new ServiceError(405, 'ERR_REQUEST', `This address takes ${allowed}.`, {
      Allow: allowed,
    });
  }
  if (route.isOpen !== true) checkToken(request, service.options);
  const response = await route.answer(request, url, service, noted);
  if (method !== 'HEAD') return response;
  const { status, headers } = response;
  return new Response(null, { status, headers });
}

/** Which every answer has. */
function finish(
  { headers }: WebResponse,
  request: WebRequest,
  requestId: string,
  { options }: Service,
): void {
  const cors = corsHeaders(request, options);
  const isCors = 'Access-Control-Allow-Origin' in cors;
  const always = {
    'X-Request-Id': requestId,
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    'Cross-Origin-Resource-Policy': isCors ? 'cross-origin' : 'same-origin',
    ...cors,
  };
  for (const [name, value] of Object.entries(always)) headers.set(name, value);
}

/** What a proxy before has called the request, or a name of its own. */
function idOf({ headers }: WebRequest): string {
  const given = headers.get('x-request-id');
  return given !== null && /^[\w.:-]{1,64}$/.test(given) ? given : globalThis.crypto.randomUUID();
}

/** `null` for what lies elsewhere than the service. */
function pathIn({ pathname }: URL, { basePath }: ServiceOptions): string | null {
  if (!pathname.startsWith(basePath)) return null;
  const path = pathname.slice(basePath.length);
  return path === '' ? '/' : path;
}

function told(
  error: unknown,
  requestId: string,
): { code: ReturnType<typeof problemOf>['code']; message: string } {
  const { code, status } = problemOf(error, requestId);
  if (status === CLIENT_GONE) return { code, message: 'the client went away' };
  return { code, message: error instanceof Error ? error.message : String(error) };
}

function tenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}

function mapTenths<T extends object>(times: T): { [K in keyof T]: number } {
  const entries = Object.entries(times).map(([stage, ms]) => [stage, tenths(Number(ms))]);
  return Object.fromEntries(entries) as { [K in keyof T]: number };
}
