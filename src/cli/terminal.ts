import { writeMessage } from './standardOutput.js';

/** What a command says while it works. Everything goes to standard error; standard output is for data. */
export interface Terminal {
  /** A line that stays. */
  say(line: string): void;
  /** A line that the next one replaces; only where somebody is watching. */
  progress(line: string): void;
  /** Whether somebody is watching. */
  readonly isLive: boolean;
  /** What removes the line of `progress`, for whoever writes past this. */
  clearLine(): string;
}

const CLEAR_LINE = '\r\u001b[K';

export function createTerminal({ quiet }: { readonly quiet: boolean }): Terminal {
  const live = !quiet && process.stderr.isTTY === true && process.env.TERM !== 'dumb';
  let open = false;
  const clearLine = () => {
    const clear = open ? CLEAR_LINE : '';
    open = false;
    return clear;
  };
  return {
    isLive: live,
    clearLine,
    say(line) {
      if (!quiet) writeMessage(`${clearLine()}${printable(line)}\n`);
    },
    progress(line) {
      if (!live) return;
      const width = (process.stderr.columns || 80) - 1;
      writeMessage(`${CLEAR_LINE}${printable(line).slice(0, width)}`);
      open = true;
    },
  };
}

export function seconds(milliseconds: number): string {
  if (milliseconds < 1000) return `${milliseconds.toFixed(0)} ms`;
  if (milliseconds < 120_000) return `${(milliseconds / 1000).toFixed(2)} s`;
  return `${(milliseconds / 60_000).toFixed(1)} min`;
}

/** Text that may come from a file, whose control characters could steer a terminal: they are shown, not sent. */
export function printable(text: string): string {
  return text.replace(/[^\P{C}\n\t]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`);
}
