import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { type HttpServer, listenForRequests } from '../../src/cli/server/httpServer.js';
import type { Handler } from '../../src/serve/handler.js';

/** More than the buffers of both ends of a connection hold. */
const ANSWER = new Uint8Array(64 << 20);
/** What the server gives a client for that answer, with the bytes that the system takes from it. */
const PACE = { graceMs: 400, minBytesPerSecond: 2 ** 40, sweepMs: 50 };
const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

let server: HttpServer;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close(Promise.resolve());
});

async function listen(pace = PACE): Promise<void> {
  const answer = async ({ url }: { readonly url: string }) =>
    new Response(url.endsWith('/small') ? 'small' : ANSWER);
  const handler = answer as unknown as Handler;
  const options = { host: '127.0.0.1', port: 0, bodySeconds: 5, site: null, names: null };
  server = await listenForRequests(handler, { ...options, readingPace: pace });
}

async function open(request = REQUEST): Promise<Socket> {
  const socket = connect({ port: server.port, host: '127.0.0.1' });
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.pause();
  socket.write(request);
  return socket;
}

/** Reads all that comes until the connection ends. */
async function drain(socket: Socket): Promise<number> {
  let bytes = 0;
  socket.on('data', (data) => {
    bytes += data.length;
  });
  socket.resume();
  if (!socket.closed) await once(socket, 'close');
  return bytes;
}

const pause = (milliseconds: number) => new Promise((next) => setTimeout(next, milliseconds));

it('a client that never reads its answer is cut off, and its answer let go of', async () => {
  await listen();
  const socket = await open();
  await pause(PACE.graceMs + 10 * PACE.sweepMs);
  // What the system has taken by then still comes; the rest is gone with the connection.
  const bytes = await drain(socket);
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(ANSWER.length / 2);
});

it('one that begins to read in time gets all of it, and so does one after a long pause between requests', async () => {
  await listen({ ...PACE, graceMs: 3000 });
  const idle = await open('GET /small HTTP/1.1\r\nHost: x\r\n\r\n');
  const late = await open(REQUEST.replace('Host', 'Connection: close\r\nHost'));
  await pause(500);
  expect(await drain(late)).toBeGreaterThan(ANSWER.length);
  await pause(3000);
  idle.write(REQUEST.replace('Host', 'Connection: close\r\nHost'));
  expect(await drain(idle)).toBeGreaterThan(ANSWER.length);
});

it('one that reads too slowly is cut off, however often it reads a little', async () => {
  await listen();
  const socket = await open();
  const end = performance.now() + 20_000;
  let bytes = 0;
  while (!socket.closed && performance.now() < end) {
    bytes += socket.read(1 << 16)?.length ?? 0;
    await pause(20);
  }
  expect(socket.closed).toBe(true);
  expect(bytes).toBeLessThan(ANSWER.length);
});
