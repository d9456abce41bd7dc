import { runBench } from './commands/bench.js';
import { runCompletion } from './commands/completion.js';
import { runDemo } from './commands/demo.js';
import { runDiff } from './commands/diff.js';
import { runDownload } from './commands/download.js';
import { runExport } from './commands/export.js';
import { runInspect } from './commands/inspect.js';
import { runSummary } from './commands/summary.js';
import { runTranslate } from './commands/translate.js';
import { benchSpec, readBench } from './requests/bench.js';
import { completionSpec, readCompletion } from './requests/completion.js';
import { demoSpec, readDemo } from './requests/demo.js';
import { diffSpec, readDiff } from './requests/diff.js';
import { downloadSpec, readDownload } from './requests/download.js';
import { exportSpec, readExport } from './requests/export.js';
import { inspectSpec, readInspect } from './requests/inspect.js';
import { readSummary, summarySpec } from './requests/summary.js';
import { readTranslate, translateSpec } from './requests/translate.js';
import type { Terminal } from './terminal.js';
import type { CommandSpec, Invocation } from './usage.js';

export interface Command {
  readonly spec: CommandSpec;
  /** @param commands All of them, for those that speak of the others. */
  readonly run: (
    invocation: Invocation,
    terminal: Terminal,
    commands: readonly CommandSpec[],
  ) => Promise<void>;
}

/** A command line becomes a request once; nothing behind `run` knows of options. */
function command<R>(
  spec: CommandSpec,
  read: (invocation: Invocation) => R,
  run: (request: R, terminal: Terminal, commands: readonly CommandSpec[]) => Promise<void>,
): Command {
  return {
    spec,
    run: async (invocation, terminal, commands) => run(read(invocation), terminal, commands),
  };
}

/** The first is the default: what stands first on the line is then a picture, not a command. */
export const COMMANDS: readonly Command[] = [
  command(translateSpec, readTranslate, runTranslate),
  command(inspectSpec, readInspect, runInspect),
  command(diffSpec, readDiff, runDiff),
  command(exportSpec, readExport, runExport),
  command(summarySpec, readSummary, runSummary),
  command(benchSpec, readBench, runBench),
  command(downloadSpec, readDownload, runDownload),
  command(demoSpec, readDemo, runDemo),
  command(completionSpec, readCompletion, runCompletion),
];

export const COMMAND_SPECS: readonly CommandSpec[] = COMMANDS.map(({ spec }) => spec);
