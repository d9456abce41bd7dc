import { WorkerClient } from './workerClient.js';

/** Set by the model's feature, which knows what the worker has to be told first. */
let restore: () => Promise<void> = async () => undefined;

export function onNewWorker(action: () => Promise<void>): void {
  restore = action;
}

/** The one worker of the page, in which the library runs. */
export const library = new WorkerClient(new URL('worker.js', document.baseURI), () => restore());
