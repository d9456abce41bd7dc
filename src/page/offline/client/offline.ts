import { effect } from '@preact/signals';
import { tally } from '../../pictures/client/queue.js';
import { tell } from '../../ui/notice.js';

/** Keeps the page for later, once its first picture is done: what is seen comes first. */
export function keepForOffline(): void {
  const container: ServiceWorkerContainer | undefined = navigator.serviceWorker;
  // A page that did not come by https has none.
  if (container === undefined) return;
  let isBegun = false;
  effect(() => {
    const { done, failed } = tally.value;
    if (isBegun || done + failed === 0) return;
    isBegun = true;
    // Where nothing may be kept, as in some private windows, the page works all the same.
    register(container).catch(() => undefined);
  });
}

async function register(container: ServiceWorkerContainer): Promise<void> {
  const address = new URL('serviceWorker.js', document.baseURI);
  const registration = await container.register(address);
  const isFirst = registration.active === null;
  if (registration.waiting !== null) offer(registration.waiting);
  const first = registration.installing;
  follow(first, isFirst);
  registration.addEventListener('updatefound', () => {
    // Of the first, this may be told late.
    if (registration.installing !== first) follow(registration.installing, false);
  });
}

function follow(worker: ServiceWorker | null, isFirst: boolean): void {
  worker?.addEventListener('statechange', () => {
    if (isFirst && worker.state === 'activated') tellIfKept().catch(() => undefined);
    if (!isFirst && worker.state === 'installed') offer(worker);
  });
}

/** A server that ends with its window has in the worker's place one that goes at once. */
async function tellIfKept(): Promise<void> {
  const isThere = (await navigator.serviceWorker.getRegistration()) !== undefined;
  if (isThere) tell(keptText());
}

function keptText(): string {
  const threads = globalThis.crossOriginIsolated ? '' : ', and all cores work';
  return `From the next visit on, the page opens without a network${threads}.`;
}

/** What is on the page would be gone, so its user decides when the new version comes. */
function offer(worker: ServiceWorker): void {
  const run = () => {
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), {
      once: true,
    });
    worker.postMessage('take over');
  };
  tell('A newer version of this page is there.', { action: { label: 'Load it', run } });
}
