import type { ContainerFormat } from './container.js';
import { isKerasArchive, openKerasArchive } from './kerasArchive.js';
import { oldScript, openOldScript } from './oldScript.js';
import { isExported, openExported } from './pt2.js';
import { openTorchZip } from './torchZip.js';
import { readZipDirectory } from './zipDirectory.js';

/** Zip archives, of torch's and of Keras': which of them one is, its entries tell. */
export const zipFormat: ContainerFormat = {
  name: 'zip',

  matches: (start) => start[0] === 0x50 && start[1] === 0x4b && start[2] <= 5 && start[3] <= 6,

  async open(source, budget) {
    const entries = await readZipDirectory(source, budget);
    if (isExported(entries)) return openExported({ source, entries, budget });
    if (isKerasArchive(entries)) return openKerasArchive({ source, entries, budget });
    const program = oldScript(entries);
    return program === null
      ? openTorchZip(source, entries, budget)
      : openOldScript({ source, entries, budget }, program);
  },
};
