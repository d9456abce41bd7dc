import { CycleganError } from '../../errors.js';
import { cacheFolder, machineNotes, removeMachineNotes } from '../../platform/cacheFolder.js';
import { cachedModels, removeModel } from '../cachedModels.js';
import { MODELS } from '../modelList.js';
import { findModel } from '../models.js';
import { megabytes } from '../progressMeter.js';
import type { CacheRequest } from '../requests/cache.js';
import { writeData } from '../standardOutput.js';
import { printableJson, type Terminal } from '../terminal.js';

export async function runCache({ action, json }: CacheRequest, terminal: Terminal): Promise<void> {
  const folder = cacheFolder();
  if (folder === null) {
    throw new CycleganError(
      'ERR_NO_CACHE',
      'The cache is off (CYCLEGAN_CACHE is empty): nothing is kept.',
    );
  }
  if (action === 'list') return list(folder, json, terminal);
  if (action === 'clear') return clear(terminal);
  for (const name of action.remove) findModel(name);
  for (const name of action.remove) {
    terminal.say((await removeModel(name)) ? `${name} is removed.` : `${name} is not there.`);
  }
}

async function clear(terminal: Terminal): Promise<void> {
  for (const { name } of MODELS) {
    if (await removeModel(name)) terminal.say(`${name} is removed.`);
  }
  const { files, bytes } = removeMachineNotes();
  terminal.say(`${files} files about this machine (${megabytes(bytes)}) are removed.`);
}

async function list(folder: string, json: boolean, terminal: Terminal): Promise<void> {
  const models = await cachedModels();
  const machine = machineNotes();
  if (json) return writeData(`${printableJson({ folder, models, machine })}\n`);
  const width = Math.max(0, ...models.map(({ name }) => name.length));
  for (const { name, bytes, modified, sha256 } of models) {
    const columns = [
      name.padEnd(width),
      megabytes(bytes).padStart(9),
      modified.toISOString().slice(0, 10),
      sha256 ?? `cut off; "cyclegan download ${name}" goes on`,
    ];
    await writeData(`${columns.join('  ')}\n`);
  }
  const total = models.reduce((sum, { bytes }) => sum + bytes, 0);
  terminal.say(
    `${folder}: ${models.length} models, ${megabytes(total)}; ${machine.files} files about this machine, ${megabytes(machine.bytes)}. "cyclegan cache remove MODEL" removes one, "cyclegan cache clear" all.`,
  );
}
