import type { Terminal } from '../../src/cli/terminal.js';

/** Nobody looks, and nobody answers. */
export const quietTerminal: Terminal = {
  isLive: false,
  sayAtEnd: () => undefined,
  end: () => undefined,
  say: () => undefined,
  progress: () => undefined,
  clearLine: () => '',
  confirm: async () => false,
};
