import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type HttpServer, listenForRequests } from '../../src/cli/server/httpServer.js';
import type { Handler } from '../../src/serve/handler.js';
import { SMALL_PNG, smallService } from '../support/serving.js';

let server: HttpServer;
let handler: Handler;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close(handler.drain());
});

async function listen(options: Parameters<typeof smallService>[0]): Promise<void> {
  handler = smallService(options);
  await handler.ready;
  const names = null;
  server = await listenForRequests(handler, {
    ...{ host: '127.0.0.1', port: 0, bodySeconds: 1, site: null, names },
  });
}

async function open(length: number): Promise<Socket> {
  const socket = connect({ port: server.port, host: '127.0.0.1' });
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const lines = ['POST /v1/translate?resize=none HTTP/1.1', 'Host: x', 'Connection: close'];
  socket.write(`${lines.join('\r\n')}\r\nContent-Length: ${length}\r\n\r\n`);
  return socket;
}

async function answerOf(socket: Socket): Promise<string> {
  let answer = '';
  socket.on('data', (data) => {
    answer += data.toString('latin1');
  });
  socket.resume();
  if (!socket.closed) await once(socket, 'close');
  return answer;
}

const pause = (milliseconds: number) => new Promise((next) => setTimeout(next, milliseconds));

/** Comes where Node's loop looks at timers first, and at sockets after that. */
function beforeTimers(): Promise<void> {
  return new Promise((next) => setImmediate(next));
}

/** Keeps this thread, and so the server, from doing anything else. */
function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

describe('a service that was busy itself', () => {
  it.each([
    ['part', 500],
    ['whole', 1500],
  ])('does not take a body that has come meanwhile for one that is late: its %s', async (_, ms) => {
    await listen({ bodySeconds: 1 });
    const socket = await open(SMALL_PNG.length);
    // The head has been read, and the body is waited for.
    await pause(60);
    await beforeTimers();
    socket.write(SMALL_PNG);
    block(ms);
    expect(await answerOf(socket)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('takes one for late that has not come', async () => {
    await listen({ bodySeconds: 1 });
    const socket = await open(SMALL_PNG.length);
    await pause(60);
    await beforeTimers();
    block(500);
    expect(await answerOf(socket)).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe('an answer that comes before all of its request is read', () => {
  it('reaches a client that goes on sending', async () => {
    await listen({ maxBytes: 1000 });
    const socket = await open(8 << 20);
    socket.pause();
    // The answer is there, and the connection closed if it is ever closed at once.
    await pause(200);
    for (let i = 0; i < 8; i++) {
      socket.write(new Uint8Array(1 << 20));
      await pause(20);
    }
    const answer = await answerOf(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('ERR_REQUEST_SIZE');
  });

  it('does not hold the connection of one that sends no more', async () => {
    await listen({ maxBytes: 1000 });
    const socket = await open(8 << 20);
    const begin = performance.now();
    expect(await answerOf(socket)).toMatch(/^HTTP\/1\.1 413 /);
    expect(performance.now() - begin).toBeLessThan(10_000);
  });
});
