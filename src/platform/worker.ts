import { builtin } from './builtin.js';

/** A thread that runs a program given as text; the same in Node and in a browser. */
export interface WorkerHandle {
  post(message: unknown): void;
  /** Called with each message, and with the reason when the thread dies. */
  listen(onMessage: (message: unknown) => void, onDeath: (reason: string) => void): void;
  /** Whether the thread keeps the process alive. */
  hold(alive: boolean): void;
  terminate(): void;
}

/** Options of Node that concern its workers, too. */
const PROFILING = /^--cpu-prof(-\w+=.*)?$/;

/** `null` where threads cannot be had. */
export function startWorker(source: string): WorkerHandle | null {
  const node = builtin('worker_threads');
  if (node !== null) return startNodeWorker(node, source);
  if (typeof Worker === 'undefined' || typeof Blob === 'undefined') return null;
  return startWebWorker(source);
}

function startNodeWorker(
  { Worker: NodeWorker }: NonNullable<ReturnType<typeof builtin<'worker_threads'>>>,
  source: string,
): WorkerHandle {
  // Other options of the process may read `source` as something else (`--input-type`), or load what it does not need.
  const execArgv = process.execArgv.filter((option) => PROFILING.test(option));
  const worker = new NodeWorker(source, { eval: true, execArgv });
  return {
    post: (message) => worker.postMessage(message),
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
    post: (message) => worker.postMessage(message),
    listen: (onMessage, onDeath) => {
      worker.addEventListener('message', ({ data }) => onMessage(data));
      worker.addEventListener('error', ({ message }) => onDeath(message));
    },
    hold: () => undefined,
    terminate: () => {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}
