import type { EngineOptions } from '../../engine/engine.js';
import { type CommandSpec, type Invocation, UsageError } from '../usage.js';
import { ENGINE_OPTION } from './engine.js';
import { QUEUE_OPTIONS, type QueueRequest, readQueue } from './queue.js';
import { readCount } from './shared.js';
import { readTranslate, translateSpec } from './translate.js';

export const workerSpec: CommandSpec = {
  name: 'worker',
  usage: '--queue URL [--store FOLDER|s3://BUCKET]',
  operands: 'nothing',
  summary: 'translate the pictures that others submit to a queue',
  notes: [
    'Takes pictures from a queue (BullMQ, on Redis or PostgreSQL) until a signal ends it: those that it is at work on are then completed. Any number of workers may share a queue. One that is killed loses nothing: after --lease seconds, its pictures go to others. It reads and writes below its store alone, whatever a job says.',
    'The packages for it are not part of the command: npm i bullmq ioredis, or npm i bullmq pg; for a bucket, aws4fetch, too.',
  ],
  options: {
    ...QUEUE_OPTIONS,
    concurrency: {
      matters: true,
      type: 'string',
      value: 'N',
      help: 'pictures at work at once: while one is in the network, others are read and written; default: 2',
    },
    lease: {
      type: 'string',
      value: 'SECONDS',
      help: 'after so long without a sign of life from a worker, others take over its pictures; default: 30',
    },
    heartbeat: {
      type: 'string',
      value: 'FILE',
      help: 'write this file anew every ten seconds while the queue answers, for whoever watches over the worker',
    },
    keep: {
      type: 'string',
      value: 'DAYS',
      help: 'remove from the shared folder what has lain there for longer: results, and copies of pictures and weights that no job in the queue and none that failed needs; default: all stays',
    },
    engine: ENGINE_OPTION,
    ...pick(['threads', 'memory', 'no-revectorize']),
    json: { type: 'boolean', help: 'print one line of JSON for each picture' },
  },
};

function pick(names: readonly string[]): CommandSpec['options'] {
  return Object.fromEntries(names.map((name) => [name, translateSpec.options[name]]));
}

export interface WorkerRequest {
  readonly queue: QueueRequest;
  readonly concurrency: number;
  readonly leaseMs: number;
  readonly heartbeat: string | null;
  /** What lies in the store for longer is removed; `null`: nothing is. */
  readonly keepMs: number | null;
  readonly engine: EngineOptions;
  readonly json: boolean;
}

const DEFAULT_CONCURRENCY = 2;
const DEFAULT_LEASE = 30;
const DAY_MS = 86_400_000;

/** @throws UsageError for a value that makes no sense, or a name. */
export function readWorker(invocation: Invocation): WorkerRequest {
  if (invocation.operands.length > 0) {
    throw new UsageError('worker takes no files: `cyclegan submit` puts pictures into the queue.');
  }
  const queue = readQueue(invocation);
  const days = readCount(invocation, 'keep', 1, 36_500);
  if (days !== undefined && /^s3:/i.test(queue.store ?? '')) {
    throw new UsageError('--keep is for folders: a bucket removes by its lifecycle rules.');
  }
  return {
    queue,
    keepMs: days === undefined ? null : days * DAY_MS,
    concurrency: readCount(invocation, 'concurrency', 1, 64) ?? DEFAULT_CONCURRENCY,
    leaseMs: 1000 * (readCount(invocation, 'lease', 2, 86_400) ?? DEFAULT_LEASE),
    heartbeat: invocation.text('heartbeat') ?? null,
    engine: readTranslate(invocation).engine,
    json: invocation.flag('json'),
  };
}
