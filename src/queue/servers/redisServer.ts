import { CycleganError } from '../../errors.js';
import { shownAddress } from '../../platform/address.js';
import type { BullModule } from '../bullmq.js';
import { importPeer } from '../peer.js';
import {
  CONNECT_MS,
  isNetworkError,
  type QueueServer,
  reasonOf,
  type ServerKind,
} from './server.js';

const PACKAGES = 'bullmq ioredis';
/** Between attempts to reach a server that went away. */
const MAX_RETRY_MS = 2000;

interface Redis {
  connect(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  quit(): Promise<unknown>;
  disconnect(): void;
}

interface IoRedisModule {
  readonly Redis: new (address: string, options: object) => Redis;
}

/** Redis, Valkey, and what speaks as they do; `rediss` is the same over TLS. */
export const redisKind: ServerKind = {
  schemes: ['redis', 'rediss'],
  async open(address) {
    const bull = await importPeer<BullModule>('bullmq', PACKAGES);
    const { Redis } = await importPeer<IoRedisModule>('ioredis', PACKAGES);
    const name = shownAddress(address);
    await knock(
      () =>
        new Redis(address, { lazyConnect: true, retryStrategy: null, connectTimeout: CONNECT_MS }),
      name,
    );
    let isClosed = false;
    const connection = new Redis(address, {
      // Commands wait until the server is back, however long that takes.
      maxRetriesPerRequest: null,
      // BullMQ's own connections have this, too: nobody waits for them in the end.
      retryStrategy: (times: number) => (isClosed ? null : Math.min(100 * times, MAX_RETRY_MS)),
    });
    connection.on('error', () => undefined);
    return {
      name,
      classes: bull,
      connection,
      UnrecoverableError: bull.UnrecoverableError,
      isOutage: isNetworkError,
      onLost: (listener) => void connection.on('close', listener),
      close: async () => {
        isClosed = true;
        connection.disconnect();
      },
    } satisfies QueueServer;
  },
};

/** @throws CycleganError `ERR_QUEUE` where nobody answers: who has mistyped an address is not to wait. */
async function knock(connect: () => Redis, name: string): Promise<void> {
  const connection = connect();
  let reason: unknown;
  connection.on('error', (error) => {
    reason ??= error;
  });
  try {
    await connection.connect();
  } catch (error) {
    const why = reasonOf(reason ?? error);
    throw new CycleganError('ERR_QUEUE', `${name}: no Redis answers there (${why}).`, {
      cause: error,
    });
  } finally {
    connection.disconnect();
  }
}
