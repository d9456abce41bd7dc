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

const PACKAGES = 'bullmq pg';
/** Where BullMQ has its tables. */
const SCHEMA = 'bullmq';
/** Connections of one process: some wait for notifications for as long as they live. */
const MAX_CONNECTIONS = 8;
/** Of SQLSTATE: lost connections, a server that is ended or begins, and one that has no more connections to give. */
const OUTAGE = /^(08|57P0|53300)/;

interface PgClient {
  release(): void;
}

interface PgPool {
  connect(): Promise<PgClient>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  end(): Promise<void>;
}

interface PgModule {
  readonly default: { readonly Pool: new (options: object) => PgPool };
}

/** PostgreSQL from 13 on. The tables are made when they are missing, in a schema of their own. */
export const postgresKind: ServerKind = {
  schemes: ['postgres', 'postgresql'],
  async open(address) {
    const bull = await importPeer<BullModule>('bullmq', PACKAGES);
    const { default: pg } = await importPeer<PgModule>('pg', PACKAGES);
    const name = shownAddress(address);
    const pool = new pg.Pool({
      connectionString: withSearchPath(address),
      max: MAX_CONNECTIONS,
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_MS,
    });
    // Of connections that are idle; calls fail for themselves.
    pool.on('error', () => undefined);
    try {
      await migrate(pool, bull);
    } catch (error) {
      await pool.end();
      throw new CycleganError(
        'ERR_QUEUE',
        `${name}: this PostgreSQL cannot be used (${reasonOf(error)}).`,
        { cause: error },
      );
    }
    return {
      name,
      classes: bull.withBackend(bull.createPostgresBackend),
      connection: pool,
      UnrecoverableError: bull.UnrecoverableError,
      isOutage,
      onLost: (listener) => void pool.on('error', listener),
      close: () => pool.end(),
    } satisfies QueueServer;
  },
};

/** BullMQ's commands name its tables without their schema. */
function withSearchPath(address: string): string {
  const url = new URL(address);
  const given = url.searchParams.get('options');
  const own = `-c search_path=${SCHEMA}`;
  url.searchParams.set('options', given === null ? own : `${given} ${own}`);
  return url.href;
}

async function migrate(pool: PgPool, { runMigrations }: BullModule): Promise<void> {
  const client = await pool.connect();
  try {
    await runMigrations(client);
  } finally {
    client.release();
  }
}

function isOutage(error: unknown): boolean {
  if (isNetworkError(error)) return true;
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  if (typeof code === 'string' && OUTAGE.test(code)) return true;
  // `pg` gives these no code.
  return (
    typeof message === 'string' &&
    /Connection terminated|timeout exceeded when trying to connect/.test(message)
  );
}
