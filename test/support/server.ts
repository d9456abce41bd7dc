import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

export interface TestServer {
  /** The address of any path. */
  url(path?: string): string;
  /** What was asked, in order. */
  readonly requests: IncomingMessage[];
  /** One answer per request, in order; the last one stays. */
  answer(...answers: Answer[]): void;
  stop(): Promise<void>;
}

/** A server on this machine that answers as it is told. */
export async function startServer(): Promise<TestServer> {
  const requests: IncomingMessage[] = [];
  let answers: Answer[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (path = '/model.pth') => `http://127.0.0.1:${port}${path}`,
    requests,
    answer: (...next) => {
      requests.length = 0;
      answers = next;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The whole, or the rest where a range is asked for and its version still holds. */
export function whole(bytes: Uint8Array, headers: Record<string, string> = {}): Answer {
  return (response, request) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const version = request.headers['if-range'];
    const current = version === undefined || version === headers.etag;
    if (start === 0 || !current) {
      response.writeHead(200, { 'content-length': bytes.length, ...headers }).end(bytes);
      return;
    }
    if (start >= bytes.length) {
      response.writeHead(416).end();
      return;
    }
    response
      .writeHead(206, {
        'content-length': bytes.length - start,
        'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
        ...headers,
      })
      .end(bytes.subarray(start));
  };
}

/** The whole, whatever range is asked for. */
export function rangeless(bytes: Uint8Array, headers: Record<string, string> = {}): Answer {
  return (response) => response.writeHead(200, headers).end(bytes);
}

export function status(code: number): Answer {
  return (response) => response.writeHead(code).end();
}

/** How long a process takes at the most to read what has come: `fetch` drops what it has not given on when a connection ends. */
const READ_MS = 1500;

/** So many bytes, and then the connection ends: by itself, or when `cut` is called. */
export function cutAfter(bytes: Uint8Array, at: number, headers: Record<string, string> = {}) {
  let cut = () => undefined as unknown;
  const answer: Answer = (response) => {
    response.writeHead(200, { 'content-length': bytes.length, ...headers });
    const timer = setTimeout(() => response.socket?.end(), READ_MS);
    cut = () => {
      clearTimeout(timer);
      response.socket?.end();
    };
    response.write(bytes.subarray(0, at));
  };
  return { answer, cut: () => cut() };
}
