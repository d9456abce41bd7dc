import type { WebRequest, WebResponse } from '../platform/webTypes.js';
import { docsPage } from './docsPage.js';
import { METRICS_TYPE } from './metrics.js';
import { openapiDocument } from './openapi.js';
import { isReady, type Service } from './service.js';
import { type Noted, translateRoute } from './translateRoute.js';

export interface Route {
  /** For metrics. */
  readonly name: string;
  /** `HEAD` goes with `GET`. */
  readonly method: 'GET' | 'POST';
  /** Whether it is answered without the token. */
  readonly isOpen?: true;
  answer(
    request: WebRequest,
    url: URL,
    service: Service,
    noted: Noted,
  ): WebResponse | Promise<WebResponse>;
}

const docs: Route = {
  name: 'docs',
  method: 'GET',
  isOpen: true,
  answer: (_request, _url, { options }) => typed('text/html; charset=utf-8', docsPage(options)),
};

/** By path. */
export const ROUTES: ReadonlyMap<string, Route> = new Map([
  ['/v1/translate', { name: 'translate', method: 'POST', answer: translateRoute }],
  ['/v1/models', { name: 'models', method: 'GET', answer: modelsRoute }],
  [
    '/openapi.json',
    {
      name: 'openapi',
      method: 'GET',
      isOpen: true,
      answer: (_request, _url, { options }) =>
        typed('application/json', JSON.stringify(openapiDocument(options))),
    },
  ],
  ['/docs', docs],
  ['/', docs],
  [
    '/livez',
    { name: 'livez', method: 'GET', isOpen: true, answer: () => typed('text/plain', 'ok\n') },
  ],
  ['/readyz', { name: 'readyz', method: 'GET', isOpen: true, answer: readyRoute }],
  ['/metrics', { name: 'metrics', method: 'GET', answer: metricsRoute }],
]);

async function modelsRoute(
  _request: WebRequest,
  _url: URL,
  { reports }: Service,
): Promise<WebResponse> {
  const models = (await reports).map(({ name, ...report }, i) => ({
    name,
    default: i === 0,
    ...report,
  }));
  return typed('application/json', JSON.stringify({ models }));
}

function readyRoute(_request: WebRequest, _url: URL, service: Service): WebResponse {
  return isReady(service) ? typed('text/plain', 'ok\n') : typed('text/plain', 'not ready\n', 503);
}

function metricsRoute(
  _request: WebRequest,
  _url: URL,
  { metrics, ...service }: Service,
): WebResponse {
  const { admission, translator } = service;
  const { waiting, running } = admission;
  const ready = isReady({ metrics, ...service });
  const { deaths, cuts } = translator;
  const gauges = { waiting, running, deaths, cuts, isReady: ready };
  return typed(METRICS_TYPE, metrics.text(gauges));
}

function typed(type: string, body: string, status = 200): WebResponse {
  return new Response(body, { status, headers: { 'Content-Type': type } });
}
