import type { Server } from '../../http/listen.js';

type Socket = InstanceType<typeof import('node:net').Socket>;

const SWEEP_MS = 1000;
/** What a client has to read its answer in: so long, */
const GRACE_MS = 10_000;
/** and for each so many bytes a second more. */
const MIN_BYTES_PER_SECOND = 16_384;

interface Unread {
  readonly since: number;
  readonly bytes: number;
}

/** Cuts clients off that do not read what they have asked for: it waits in memory. @returns What ends the watch. */
export function cutSlowReaders(server: Server): () => void {
  const unread = new Map<Socket, Unread | null>();
  server.on('connection', (socket) => {
    unread.set(socket, null);
    socket.on('close', () => unread.delete(socket));
  });
  const sweep = setInterval(() => {
    const now = performance.now();
    for (const [socket, before] of unread) {
      const bytes = socket.writableLength;
      if (bytes === 0) unread.set(socket, null);
      // More than before is another answer.
      else if (before === null || bytes > before.bytes) unread.set(socket, { since: now, bytes });
      else if (now - before.since > patienceFor(before.bytes)) socket.destroy();
    }
  }, SWEEP_MS);
  sweep.unref();
  return () => clearInterval(sweep);
}

function patienceFor(bytes: number): number {
  return GRACE_MS + (bytes / MIN_BYTES_PER_SECOND) * 1000;
}
