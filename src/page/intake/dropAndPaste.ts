import { signal } from '@preact/signals';
import { tell } from '../ui/notice.js';
import { filesOf } from './folders.js';
import { take } from './take.js';

/** Whether something is being dragged over the page. */
export const isDraggedOver = signal(false);

/** Files may be dropped anywhere on the page, and pasted. */
export function listenForFiles(): void {
  let depth = 0;
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
  addEventListener('dragenter', (event) => {
    if (!hasFiles(event)) return;
    depth++;
    isDraggedOver.value = true;
  });
  addEventListener('dragleave', (event) => {
    if (!hasFiles(event)) return;
    depth = Math.max(0, depth - 1);
    isDraggedOver.value = depth > 0;
  });
  addEventListener('dragover', (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  addEventListener('drop', (event) => {
    depth = 0;
    isDraggedOver.value = false;
    if (!hasFiles(event)) return;
    event.preventDefault();
    takeAll(event.dataTransfer);
  });
  addEventListener('paste', (event) => {
    if ((event.clipboardData?.files.length ?? 0) > 0) takeAll(event.clipboardData);
  });
}

function takeAll(transfer: DataTransfer | null): void {
  if (transfer === null) return;
  filesOf(transfer)
    .then(take)
    .catch((error: Error) => tell(`That could not be read: ${error.message}`, { isProblem: true }));
}
