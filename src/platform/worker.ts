import { builtin } from './builtin.js';

/** A thread that runs a program given as text; the same in Node and in a browser. */
export interface WorkerHandle {
  /** @param transfer What the thread gets as it is, and is gone here. */
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** Called with each message, and with the reason when the thread dies. */
  listen(onMessage: (message: unknown) => void, onDeath: (reason: string) => void): void;
  /** Whether the thread keeps the process alive. */
  hold(alive: boolean): void;
  terminate(): void;
}

/** Options of Node that concern its workers, too. */
const PROFILING = /^--cpu-prof(-\w+=.*)?$/;

/** Why a thread cannot be had, for people. */
export interface WorkerRefusal {
  readonly refusal: string;
}

const NO_BLOBS =
  "the page's Content-Security-Policy forbids workers from blob: addresses; blob: in its worker-src allows them";

/** A thread, or why it cannot be had. A page may find out later: then the thread dies at once, of the same reason. */
export function startWorker(source: string): WorkerHandle | WorkerRefusal {
  const node = builtin('worker_threads');
  try {
    if (node !== null) return startNodeWorker(node, source);
    if (typeof Worker === 'undefined' || typeof Blob === 'undefined') {
      return { refusal: 'this runtime has no worker threads' };
    }
    return startWebWorker(source);
  } catch (error) {
    return { refusal: explained(error as Error) };
  }
}

function explained(error: Error): string {
  if ((error as { code?: unknown }).code === 'ERR_ACCESS_DENIED') {
    return "Node's permission model forbids them; --allow-worker allows them";
  }
  return error.name === 'SecurityError' ? NO_BLOBS : error.message;
}

function startNodeWorker(
  { Worker: NodeWorker }: NonNullable<ReturnType<typeof builtin<'worker_threads'>>>,
  source: string,
): WorkerHandle {
  // Other options of the process may read `source` as something else (`--input-type`), or load what it does not need.
  const execArgv = globalThis.process.execArgv.filter((option) => PROFILING.test(option));
  const worker = new NodeWorker(source, { eval: true, execArgv });
  return {
    post: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    listen: (onMessage, onDeath) => {
      worker.on('message', onMessage);
      worker.on('error', (error) =>
        onDeath(error instanceof Error ? error.message : String(error)),
      );
      worker.on('exit', (code) => onDeath(`it ended with code ${code}`));
      // Listening has made it hold the process; only who waits for an answer does.
      worker.unref();
    },
    hold: (alive) => (alive ? worker.ref() : worker.unref()),
    terminate: () => void worker.terminate(),
  };
}

function startWebWorker(source: string): WorkerHandle {
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(url);
  return {
    post: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    listen: (onMessage, onDeath) => {
      worker.addEventListener('message', ({ data }) => onMessage(data));
      // One that was not even started gives an event without a message.
      worker.addEventListener('error', ({ message }) => onDeath(message ?? NO_BLOBS));
    },
    hold: () => undefined,
    terminate: () => {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}
