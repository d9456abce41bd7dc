import type { ForwardOptions } from '../nn/module.js';
import type { Terminal } from './terminal.js';

/** What decides what is said of programs. */
interface Requested {
  readonly debug: boolean;
  readonly engine: Pick<ForwardOptions, 'precision'>;
}

/**
 * With `--debug`, how each program runs and what it leaves to the reference; with 16 bits, how far they are off, which is the last
 * of its details.
 */
export function programNotes(
  { debug, engine: { precision } }: Requested,
  terminal: Terminal,
): Pick<ForwardOptions, 'onProgram'> {
  if (!debug && precision !== 'f16') return {};
  return {
    onProgram: ({ engine, details, fallbacks }) => {
      if (!debug) {
        terminal.say(`precision f16: ${details.at(-1)}`);
        return;
      }
      for (const detail of details) terminal.say(`engine ${engine}: ${detail}`);
      for (const node of fallbacks) terminal.say(`engine ${engine}: reference for ${node}`);
    },
  };
}
