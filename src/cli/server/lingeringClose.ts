import type { IncomingMessage, Server } from '../../http/listen.js';

type Socket = IncomingMessage['socket'];

/** For so long is read, and thrown away, what a client goes on to send. */
const LINGER_MS = 2000;

/**
 * An answer may come before all of its request has been read: to a body that is too long, or too slow. Where its connection is then closed, the
 * system resets it for the bytes that nobody has read, and what the client has not read of the answer yet is lost. So it is closed in
 * this direction alone until the client has sent all, or goes away.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 */
export function lingerOnClose(server: Server): void {
  const current = new WeakMap<Socket, IncomingMessage>();
  server.on('request', (request) => {
    const { socket } = request;
    const isKnown = current.has(socket);
    current.set(socket, request);
    if (isKnown) return;
    const close = socket.destroySoon.bind(socket);
    // Node ends connections by this, after the last answer.
    socket.destroySoon = () => {
      const last = current.get(socket);
      if (last === undefined || last.complete || socket.destroyed) close();
      else linger(socket, last);
    };
  });
}

function linger(socket: Socket, request: IncomingMessage): void {
  const end = () => socket.destroy();
  const late = setTimeout(end, LINGER_MS);
  socket.once('close', () => clearTimeout(late));
  request.once('end', end);
  socket.end();
  request.resume();
}
