import {
  fail,
  type IncomingMessage,
  listenWith,
  type Server,
  type ServerResponse,
} from '../../http/listen.js';
import { pathOf, type Site, serveSite } from '../../http/site.js';
import { requireBuiltin } from '../../platform/builtin.js';
import type { Handler } from '../../serve/handler.js';
import { PROBLEM_TYPE, problemOf, problemResponse } from '../../serve/problem.js';
import { ServiceError } from '../../serve/serviceError.js';
import { lingerOnClose } from './lingeringClose.js';
import { cutSlowReaders, READING_PACE, type ReadingPace } from './slowReaders.js';

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  /** Seconds in which a request's body has to come. */
  readonly bodySeconds: number;
  /** Files that are served beside the service; `null`: none. */
  readonly site: Site | null;
  /** What the server goes by; `null`: any name. */
  readonly names: readonly string[] | null;
  /** In which answers have to be read. Default: `READING_PACE`. */
  readonly readingPace?: ReadingPace;
}

type Duplex = InstanceType<typeof import('node:stream').Duplex>;

export interface HttpServer {
  readonly port: number;
  /**
   * Takes no more connections. @param drained Comes when all is answered; answers then have some seconds to be read. @returns When all
   * connections have ended.
   */
  close(drained: Promise<void>): Promise<void>;
}

/** What is answered has so long to be read, when all else is over. */
const SENDING_MS = 10_000;
/** In which a request's head has to come. */
const HEAD_MS = 10_000;
const BODY_SLACK_MS = 5000;
/** How long a connection is kept for a next request. */
const KEEP_ALIVE_MS = 10_000;
const CHECK_MS = 1000;
const MAX_HEAD_BYTES = 16_384;

/** The service on Node's own server. */
export async function listenForRequests(
  handler: Handler,
  options: HttpServerOptions,
): Promise<HttpServer> {
  const { host, port, bodySeconds, site, names, readingPace = READING_PACE } = options;
  const { getRequestListener } = await import('@hono/node-server');
  const listener = getRequestListener((request) => handler(request), {
    overrideGlobalObjects: false,
    // Of what is no request that the web knows, such as one for another kind of address.
    errorHandler: () => problemResponse(malformed(), problemOf(malformed(), randomId())),
  });
  const files =
    site === null ? null : serveSite(site, ({ headers }) => names ?? [headers.host ?? '']);
  const answer = (request: IncomingMessage, response: ServerResponse) =>
    files !== null && isFile(request, site)
      ? files(request, response)
      : listener(request, response);
  const settings = {
    headersTimeout: HEAD_MS,
    // The service itself gives a body less, so that it answers first.
    requestTimeout: HEAD_MS + bodySeconds * 1000 + BODY_SLACK_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CHECK_MS,
    maxHeaderSize: MAX_HEAD_BYTES,
  };
  const server = requireBuiltin('http', 'A server').createServer(settings, (request, response) => {
    Promise.resolve(answer(request, response)).catch(() => fail(response));
  });
  answerClientErrors(server);
  lingerOnClose(server);
  const stopCutting = cutSlowReaders(server, readingPace);
  const listening = await listenWith(server, { host, port });
  const close = async (drained: Promise<void>) => {
    const closing = listening.close(Number.POSITIVE_INFINITY);
    await drained;
    const late = setTimeout(() => server.closeAllConnections(), SENDING_MS);
    await closing;
    clearTimeout(late);
    stopCutting();
  };
  return { port: listening.port, close };
}

function isFile(request: IncomingMessage, site: Site | null): boolean {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  return isRead && (site?.has(pathOf(request)) ?? false);
}

/** What cannot be read as a request gets a problem, too, unless an answer is under way. */
function answerClientErrors(server: Server): void {
  const answering = new WeakMap<Duplex, ServerResponse>();
  server.on('request', ({ socket }, response) => {
    answering.set(socket, response);
    response.on('close', () => answering.delete(socket));
  });
  server.on('clientError', (error, socket) => {
    if (!socket.writable || answering.get(socket)?.headersSent === true) {
      socket.destroy();
      return;
    }
    const { status, title, ...problem } = problemOf(refusedBy(error), randomId());
    const body = `${JSON.stringify({ status, title, ...problem })}\n`;
    const head = [
      `HTTP/1.1 ${status} ${title}`,
      'Connection: close',
      `Content-Type: ${PROBLEM_TYPE}`,
      `Content-Length: ${new TextEncoder().encode(body).length}`,
      `X-Request-Id: ${problem.requestId}`,
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  });
}

/** What Node's parser has to say of it. */
function refusedBy(error: NodeJS.ErrnoException): ServiceError {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new ServiceError(408, 'ERR_REQUEST_TIME', 'The request came too slowly.');
  }
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    const most = `The head of the request has more than ${MAX_HEAD_BYTES} bytes.`;
    return new ServiceError(431, 'ERR_REQUEST_SIZE', most);
  }
  return malformed();
}

function malformed(): ServiceError {
  return new ServiceError(400, 'ERR_REQUEST', 'This is no request of HTTP that the service knows.');
}

function randomId(): string {
  return globalThis.crypto.randomUUID();
}
