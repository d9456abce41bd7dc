import { CycleganError } from '../errors.js';
import { requireBuiltin } from '../platform/builtin.js';

type Http = typeof import('node:http');
export type Server = InstanceType<Http['Server']>;
export type IncomingMessage = InstanceType<Http['IncomingMessage']>;
export type ServerResponse = InstanceType<Http['ServerResponse']>;

/** Answers a request; what it throws is answered as an error of the server. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export interface ListenOptions {
  /** An address of this machine: `127.0.0.1`. */
  readonly host: string;
  readonly port: number;
  /** How many ports are tried, from that one on. Default: that one. */
  readonly tries?: number;
}

export interface Listening {
  readonly port: number;
  /** Takes no more requests, and ends those that are idle; requests that are being answered have so long to end. */
  close(milliseconds: number): Promise<void>;
}

/**
 * A server at the first port that is free.
 * @throws CycleganError `ERR_PORT` when none is, or when this user may not have it.
 */
export function listen(handler: Handler, options: ListenOptions): Promise<Listening> {
  const server = requireBuiltin('http', 'A server').createServer((request, response) => {
    handler(request, response).catch(() => fail(response));
  });
  return listenWith(server, options);
}

/** The same for a server that somebody else has made. */
export async function listenWith(
  server: Server,
  { host, port, tries = 1 }: ListenOptions,
): Promise<Listening> {
  for (let n = 0; n < tries; n++) {
    const cause = await tryToListen(server, host, port + n);
    if (cause === null) return { port: portOf(server, port + n), close: (ms) => close(server, ms) };
    if (cause.code !== 'EADDRINUSE' || n === tries - 1) throw refusal(cause, port, tries);
  }
  throw new Error('no port was tried');
}

function tryToListen(
  server: Server,
  host: string,
  port: number,
): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const onError = (error: Error) => resolve(error);
    server.once('error', onError);
    server.listen(port, host, () => {
      server.off('error', onError);
      resolve(null);
    });
  });
}

function portOf(server: Server, wanted: number): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : wanted;
}

function refusal(cause: NodeJS.ErrnoException, port: number, tries: number): CycleganError {
  const which = tries === 1 ? `Port ${port} is` : `Ports ${port} to ${port + tries - 1} are`;
  const why =
    cause.code === 'EADDRINUSE'
      ? `${which} taken: another program listens there`
      : cause.code === 'EACCES'
        ? `${which} not for this user; those from 1024 on are`
        : `There is no listening at port ${port}: ${cause.message}`;
  return new CycleganError('ERR_PORT', `${why}.`, { cause });
}

/** For what no handler should come to. */
export function fail(response: ServerResponse): void {
  if (response.headersSent) response.destroy();
  else response.writeHead(500, { 'Content-Type': 'text/plain; charset=utf-8' }).end('It failed.\n');
}

/** How often connections are looked through that a browser keeps: each is closed once its last answer is sent. */
const IDLE_CHECK_MS = 50;

function close(server: Server, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => server.closeAllConnections(), Math.min(milliseconds, MAX_TIMER));
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
    server.close(() => {
      clearTimeout(late);
      clearInterval(idle);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** A longer one fires at once. */
const MAX_TIMER = 2 ** 31 - 1;
