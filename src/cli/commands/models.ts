import type { Terminal } from '../terminal.js';
import { listModels } from './download.js';

export async function runModels(_request: null, terminal: Terminal): Promise<void> {
  return listModels(terminal);
}
