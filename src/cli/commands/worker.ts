import { seconds } from '../../html/text.js';
import { settleEngine } from '../../nn/settleEngine.js';
import { writeFileAtomic } from '../../platform/files.js';
import { utf8Bytes } from '../../platform/text.js';
import { happensWithin } from '../../platform/timeLimit.js';
import { JobQueue } from '../../queue/jobQueue.js';
import { JobWorker, type WorkOutcome } from '../../queue/jobWorker.js';
import { sweepStore } from '../../queue/retention.js';
import { openServer } from '../../queue/servers/openServer.js';
import type { QueueServer } from '../../queue/servers/server.js';
import { FolderStore } from '../../queue/store/folderStore.js';
import { openStore } from '../../queue/store/openStore.js';
import type { Store } from '../../queue/store/store.js';
import { Interruption } from '../interruption.js';
import { dataOf, decodeLine, fedOf, inBrackets, outputNotesOf } from '../queue/jobNotes.js';
import { JobTranslator } from '../queue/jobTranslator.js';
import type { WorkerRequest } from '../requests/worker.js';
import { writeData } from '../standardOutput.js';
import { printableJson, type Terminal, tenths } from '../terminal.js';

const HEARTBEAT_MS = 10_000;
/** Between looks at whether it is time to remove what is old. */
const SWEEP_MS = 3_600_000;
/** So long may a server take to be left: one that is away does not hold the worker. */
const CLOSE_MS = 2000;

/** Translates what is in a queue, until a signal ends it. */
export async function runWorker(request: WorkerRequest, terminal: Terminal): Promise<void> {
  const { queue, concurrency, leaseMs, engine, heartbeat, json } = request;
  const store = await openStore(queue.store);
  const server = await openServer(queue.address);
  const interruption = new Interruption();
  try {
    await settleEngine(engine);
    const translator = new JobTranslator(store, engine);
    const { translate } = translator;
    const worker = new JobWorker(server, {
      ...{ name: queue.name, store, translate, concurrency, leaseMs },
      onOutcome: (outcome) => void tell(outcome, { json, terminal }),
      onTrouble: troubleTeller(terminal),
    });
    const stopBeating = heartbeat === null ? null : beat(heartbeat, worker);
    let stopSweeping: (() => Promise<void>) | null = null;
    try {
      await worker.ready();
      terminal.say(
        `Takes pictures from the queue ${queue.name} at ${server.name}; results go to ${store.name}. Ctrl+C ends it, once what is at work is done.`,
      );
      stopSweeping = sweep(request, store, server, terminal);
      await interruption.happens();
      terminal.say('Takes no more pictures, and completes those at work.');
    } finally {
      stopBeating?.();
      await worker.drain();
      await stopSweeping?.();
      translator.end();
    }
  } finally {
    interruption.end();
    await happensWithin(CLOSE_MS, server.close());
  }
}

async function tell(
  outcome: WorkOutcome,
  { json, terminal }: { readonly json: boolean; readonly terminal: Terminal },
): Promise<void> {
  const { id, name, milliseconds, report, taken, failure } = outcome;
  for (const line of linesOf(outcome)) terminal.say(line);
  if (!json) return;
  const told = { id, input: name, milliseconds: tenths(milliseconds) };
  const error = failure === null ? { ...dataOf(report), taken } : { error: failure };
  // Whoever read it may have gone away: the work goes on.
  await writeData(`${printableJson({ ...told, ...error })}\n`).catch(() => undefined);
}

function linesOf({ name, milliseconds, report, taken, failure }: WorkOutcome): string[] {
  if (failure !== null) {
    const next = failure.isFinal ? 'not tried again' : 'tried again, unless this was the last time';
    return [`${name}: failed, ${next} (${failure.message})`];
  }
  const decoded = decodeLine(name, report);
  return [
    ...(decoded === null ? [] : [decoded]),
    ...outputNotesOf(report).map(({ message }) => `${name}: ${message}`),
    ...taken.map(
      (key) => `${name}: ${key} is another file, which stays; its result is in the store.`,
    ),
    `${name}${inBrackets(report?.inputSize)}: done in ${seconds(milliseconds)}${fedOf(report)}`,
  ];
}

/** The same once, until something else happens: a server that is away is asked again every second. */
function troubleTeller(terminal: Terminal): (error: Error) => void {
  let last = '';
  return ({ message }) => {
    if (message === last) return;
    last = message;
    terminal.say(`The queue has trouble: ${message}`);
  };
}

/** @returns What stops it. */
function beat(file: string, worker: JobWorker): () => void {
  const once = async () => {
    if (!(await worker.isAlive())) return;
    await writeFileAtomic(file, utf8Bytes(`${new Date().toISOString()}\n`), { replace: true });
  };
  // A file that is not written is what tells.
  const quietly = () => void once().catch(() => undefined);
  quietly();
  const timer = setInterval(quietly, HEARTBEAT_MS);
  return () => clearInterval(timer);
}

/** Removes from the store what is old, now and then. @returns What stops it; `null` where all stays. */
function sweep(
  { queue, keepMs }: WorkerRequest,
  store: Store,
  server: QueueServer,
  terminal: Terminal,
): (() => Promise<void>) | null {
  if (keepMs === null || !(store instanceof FolderStore)) return null;
  const jobs = new JobQueue(server, queue.name);
  const once = async () => {
    const count = await sweepStore(store, keepMs, () => jobs.inUse());
    if (count > 0) terminal.say(`Removed ${count} old files from ${store.name}.`);
  };
  const sweepNow = () => {
    once().catch(({ message }: Error) =>
      terminal.say(`Removes nothing from the store: ${message}`),
    );
  };
  sweepNow();
  const timer = setInterval(sweepNow, SWEEP_MS);
  return async () => {
    clearInterval(timer);
    await happensWithin(CLOSE_MS, jobs.close());
  };
}
