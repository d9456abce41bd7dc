import type { Server } from '../../http/listen.js';

type Socket = InstanceType<typeof import('node:net').Socket>;

/** What a client has to read its answer in. */
export interface ReadingPace {
  /** So long, */
  readonly graceMs: number;
  /** and for each so many bytes a second more. */
  readonly minBytesPerSecond: number;
  /** Between looks. */
  readonly sweepMs: number;
}

export const READING_PACE: ReadingPace = {
  graceMs: 10_000,
  minBytesPerSecond: 16_384,
  sweepMs: 1000,
};

interface Unread {
  readonly since: number;
  readonly bytes: number;
}

/** Cuts clients off that do not read what they have asked for: it waits in memory. @returns What ends the watch. */
export function cutSlowReaders(server: Server, pace: ReadingPace): () => void {
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
      else if (now - before.since > patienceFor(before.bytes, pace)) socket.destroy();
    }
  }, pace.sweepMs);
  sweep.unref();
  return () => clearInterval(sweep);
}

function patienceFor(bytes: number, { graceMs, minBytesPerSecond }: ReadingPace): number {
  return graceMs + (bytes / minBytesPerSecond) * 1000;
}
