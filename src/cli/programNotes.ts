import type { ForwardOptions } from '../nn/module.js';
import type { Terminal } from './terminal.js';

/** With `--debug`, how each program runs and what it leaves to the reference. */
export function programNotes(
  debug: boolean,
  terminal: Terminal,
): Pick<ForwardOptions, 'onProgram'> {
  if (!debug) return {};
  return {
    onProgram: ({ engine, details, fallbacks }) => {
      for (const detail of details) terminal.say(`engine ${engine}: ${detail}`);
      for (const node of fallbacks) terminal.say(`engine ${engine}: reference for ${node}`);
    },
  };
}
